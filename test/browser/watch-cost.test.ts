import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { loadScript } from '../../src/host/load-script.ts'
import { conditions } from '../../src/lab/conditions.ts'
import { freshLab } from '../embedded/lab/fresh-lab.ts'

const program = new URL('../../dist/cli.js', import.meta.url).pathname
const hosts = 200
const intervalSeconds = 2

/** Seconds of CPU of a process. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return fields.slice(11, 13).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

/** CPU of one look, the shell's own and that of its `cat`, as the shell itself counts it over 300 of them. */
function hostMilliseconds(root: string): number {
  const looks = 300
  const input = `{\n${loadScript('watch.sh')}}\n${'tick B E\n'.repeat(looks)}times\n`
  const env = { PATH: process.env['PATH'] ?? '', CONNTRACKCTL_ROOT: root }
  const { stdout } = spawnSync('sh', [], { input, encoding: 'utf8', env })
  const spans = stdout
    .split('\n')
    .slice(-3)
    .join(' ')
    .matchAll(/(\d+)m([\d.]+)s/g)
  const seconds = [...spans].reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0)
  return Number(((seconds * 1000) / looks).toFixed(2))
}

/** Bytes that the ends at the hosts have got and sent, as the kernel counts them. */
function bytesAt(ports: ReadonlySet<number>): number {
  const { stdout } = spawnSync('ss', ['-tinH', 'state', 'established'], { encoding: 'utf8' })
  let sum = 0
  for (const [, port, rest = ''] of stdout.matchAll(/^\S+\s+\S+\s+\S+:(\d+)\s+\S+[^\n]*\n([^\n]*)/gm))
    if (ports.has(Number(port)))
      for (const [, bytes] of rest.matchAll(/\bbytes_(?:acked|received):(\d+)/g)) sum += Number(bytes)
  return sum
}

test('watching 200 hosts costs them and us next to nothing', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web'), copies: hosts })
  const words = ['watch', '-i', lab.inventoryFile, '--interval', `${intervalSeconds}s`, '-o', 'jsonl']
  const watch = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void watch.kill('SIGKILL'))
  const seen = new Map<string, number>()
  let lines = 0
  watch.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const [, host = ''] of text.matchAll(/"host":"([^"]+)"/g)) {
      seen.set(host, (seen.get(host) ?? 0) + 1)
      lines += 1
    }
  })
  const deadline = Date.now() + 100_000
  while (seen.size < hosts || Math.min(...seen.values()) < 2) {
    if (Date.now() > deadline) throw new Error(`only ${seen.size} hosts were seen`)
    await setTimeout(200)
  }

  const ports = new Set(lab.hosts.map(({ port }) => port))
  const measure = () => ({
    ourCpu: cpuSeconds(watch.pid ?? 0),
    bytes: bytesAt(ports),
    lines,
    at: performance.now(),
  })
  const before = measure()
  await setTimeout(10_000)
  const after = measure()
  const looks = after.lines - before.lines
  const seconds = (after.at - before.at) / 1000
  const figures = {
    looks,
    millisecondsOfHostCpuPerLook: hostMilliseconds(lab.hosts[0]?.root ?? ''),
    bytesPerLook: Math.round((after.bytes - before.bytes) / looks),
    percentOfOneCpuHere: Number((((after.ourCpu - before.ourCpu) / seconds) * 100).toFixed(1)),
    residentMebibytes: Math.round(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${watch.pid}/status`, 'utf8'))?.[1]) / 1024,
    ),
  }
  console.log(JSON.stringify(figures))
  expect(looks).toBeGreaterThan(hosts)
  // A whole login costs some 6,000 bytes; one exchange of ours two small packets.
  expect(figures.bytesPerLook).toBeLessThan(600)
  expect(figures.millisecondsOfHostCpuPerLook).toBeGreaterThan(0)
  expect(figures.millisecondsOfHostCpuPerLook).toBeLessThan(15)
  expect(figures.percentOfOneCpuHere).toBeLessThan(50)
}, 180_000)
