// @ts-check
// Whole processes, timed by GNU time: wall clock, CPU of the process and all its children, peak memory.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @typedef {object} Figures
 * @property {number} wallSeconds
 * @property {number} cpuSeconds
 * @property {number} peakMebibytes of the largest single process
 */

/**
 * Runs a command once. Its output goes nowhere; an exit status that is not expected is an error.
 * @param {readonly string[]} command
 * @param {{cwd?: string, env?: Record<string, string>, expect?: readonly number[]}} [options]
 * @returns {Figures}
 */
export function measure(command, { cwd, env = {}, expect = [0] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-bench-'))
  const file = join(folder, 'time')
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/time',
    ['-q', '-o', file, '-f', '%e %U %S %M', ...command],
    { cwd, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  const [wall = 0, user = 0, system = 0, kibibytes = 0] = readFileSync(file, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
  rmSync(folder, { recursive: true })
  if (status === null || !expect.includes(status))
    throw new Error(
      `${command.join(' ')} ended with ${status}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`,
    )
  return { wallSeconds: wall, cpuSeconds: user + system, peakMebibytes: kibibytes / 1024 }
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
