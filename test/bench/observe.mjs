// @ts-check
// A process looked at while it runs, thread by thread, by what /proc says of it.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Of the clock of /proc/PID/stat on all platforms that Linux knows today. */
const ticksPerSecond = 100

/**
 * Runs a command that becomes one process (nsenter may stand before it) and gives what it took.
 * @param {readonly string[]} command
 */
export async function observe([file = '', ...words]) {
  const begun = performance.now()
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (output += text))
  /** @type {Map<string, number>} */
  const threads = new Map()
  const last = { cpuSeconds: 0, peakMebibytes: 0 }
  const timer = setInterval(() => look(child.pid ?? 0, threads, last), 50)
  /** @type {number | null} */
  const exitCode = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(timer)
  return {
    exitCode,
    output,
    wallSeconds: (performance.now() - begun) / 1000,
    busiestThreadSeconds: Math.max(...threads.values()),
    ...last,
  }
}

/**
 * @param {number} pid
 * @param {Map<string, number>} threads
 * @param {{cpuSeconds: number, peakMebibytes: number}} last
 */
function look(pid, threads, last) {
  try {
    for (const id of readdirSync(`/proc/${pid}/task`))
      threads.set(id, cpuSeconds(readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1')))
    last.cpuSeconds = cpuSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    // A process that is ending has no memory any more.
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    if (kibibytes !== undefined) last.peakMebibytes = Number(kibibytes) / 1024
  } catch {
    // It has just ended: what was seen last is what counts.
  }
}

/** @param {string} stat */
function cpuSeconds(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
