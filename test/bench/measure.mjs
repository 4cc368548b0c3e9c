// @ts-check
// Whole processes: wall clock, CPU of the process and all that it has started, peak memory.
import { spawnSync } from 'node:child_process'

const measurer = new URL('measure.py', import.meta.url).pathname

/**
 * @typedef {object} Figures
 * @property {number} wallSeconds
 * @property {number} cpuSeconds
 * @property {number} peakMebibytes of the largest single process
 */

/**
 * Runs a command once. Its output is shown only in the error that another exit status than 0 is.
 * @param {readonly string[]} command
 * @param {Record<string, string>} [env]
 * @returns {Figures}
 */
export function measure(command, env = {}) {
  const { stdout, stderr } = spawnSync('python3', [measurer, ...command], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const { status, ...figures } = stdout === '' ? { status: null } : JSON.parse(stdout)
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`)
  return figures
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
