// @ts-check
// The parts of docs/benchmarks.md that programs write, and what machine they say it was.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

const page = new URL('../../docs/benchmarks.md', import.meta.url)

/**
 * Puts text between `<!-- NAME -->` and `<!-- end of NAME -->`.
 * @param {string} name
 * @param {string} text
 */
export function writeFigures(name, text) {
  const [before, rest] = readFileSync(page, 'utf8').split(`<!-- ${name} -->\n`)
  const after = rest?.split(`<!-- end of ${name} -->`)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/benchmarks.md has no part ${name}`)
  writeFileSync(page, `${before}<!-- ${name} -->\n\n${text}\n\n<!-- end of ${name} -->${after}`)
}

/** The day, the processors, the memory and the versions of the kernel and of Node.js. */
export function machineLine() {
  const memoryGibibytes = Math.round(totalmem() / 2 ** 30)
  const day = new Date().toISOString().slice(0, 10)
  return `${day}: ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${memoryGibibytes} GiB, Linux ${release()}; Node ${process.version}`
}

/**
 * What a program says of its version.
 * @param {string} command
 * @param {RegExp} pattern
 */
export function versionOf(command, pattern) {
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  return pattern.exec(`${stdout}${stderr}`)?.[0] ?? 'not there'
}
