import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'
import type { ServerChannel } from 'ssh2'
import { expect, onTestFinished, test } from 'vitest'
import type { RunResult } from '../../src/report/host-result.ts'
import { hostKey, listen, startFakeHost, temporaryFolder, userKey } from '../embedded/ssh/fake-host.ts'

/** The program as run, against hosts that mean it ill: memory, what reaches the terminal, and what is said of them. */

const program = join(import.meta.dirname, '../../dist/cli.js')

/** Waits for the script, and has `behave` answer it with its marks. */
function onScript(behave: (channel: ServerChannel, marks: { begin: string; end: string }) => void) {
  return (channel: ServerChannel): void => {
    let script = ''
    channel.on('data', (chunk: Buffer) => {
      const before = marksIn(script)
      script += chunk.toString()
      const marks = marksIn(script)
      if (before === null && marks !== null) behave(channel, marks)
    })
  }
}

function marksIn(script: string): { begin: string; end: string } | null {
  const word = /conntrackctl-end-([0-9a-f]{24})/.exec(script)?.[1]
  return word === undefined ? null : { begin: `conntrackctl-begin-${word}`, end: `conntrackctl-end-${word}` }
}

const megabyte = 1024 * 1024
const twoGigabytes = 2048 * megabyte

/** Writes so many bytes, all alike, as fast as they are taken. */
function pour(into: Writable, bytes = twoGigabytes, filling = 'x'): void {
  const chunk = Buffer.alloc(megabyte, filling)
  let sent = 0
  const write = (): void => {
    while (sent < bytes && !into.destroyed) {
      sent += chunk.length
      if (!into.write(chunk)) return
    }
  }
  into.on('drain', write)
  write()
}

/** Colours, a title, a clipboard, a cleared screen, a bell, C1 codes, right-to-left, in words that are shown. */
const nasty =
  '\u001B[2J\u001B]0;owned\u0007\u001B]52;c;bXkgaG9zdA==\u001B\\\u001B[31m\u0007\b\r\u009B1m\u202Eevil\u2066'
const brokenUtf8 = Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xe2, 0x82])

interface Outcome {
  readonly kind: string | undefined
  readonly message: string
  readonly peakMegabytes: number
  readonly seconds: number
}

/** Plans on one host; holds that nothing but text, line by line, was printed. */
async function planAt(port: number): Promise<Outcome> {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'key'), userKey.private, { mode: 0o600 })
  writeFileSync(join(folder, 'known'), `[127.0.0.1]:${port} ${hostKey.public}\n`)
  writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 262144}\n')
  writeFileSync(
    join(folder, 'hosts.ini'),
    `hostile ansible_host=127.0.0.1 ansible_port=${port} ansible_user=tess ansible_ssh_common_args='-o UserKnownHostsFile=${folder}/known'\n`,
  )
  const words = ['plan', 'play.yml', '-i', 'hosts.ini', '--private-key', 'key', '--state-dir', 'state']
  const limits = ['--login-timeout', '20', '--command-timeout', '4', '--retries', '0']
  const started = performance.now()
  const child = spawn(process.execPath, [program, ...words, ...limits, '-vvv', '--log-file', 'log'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let peak = 0
  const watching = new AbortController()
  const watch = (async (): Promise<void> => {
    while (!watching.signal.aborted) {
      const status = readIfThere(`/proc/${child.pid}/status`)
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
      await setTimeout(20)
    }
  })()
  const [stdout, stderr] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    once(child, 'close'),
  ])
  watching.abort()
  await watch
  for (const printed of [stdout, stderr, readFileSync(join(folder, 'log'))]) {
    const text = new TextDecoder('utf8', { fatal: true }).decode(printed)
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(
      /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/,
    )
    expect(text.length).toBeLessThan(megabyte)
  }
  const [record = ''] = /"run":"([^"]+)"/.exec(readFileSync(join(folder, 'log'), 'utf8'))?.slice(1) ?? []
  const result = JSON.parse(
    readFileSync(join(folder, 'state', 'runs', record, 'result.json'), 'utf8'),
  ) as RunResult
  const error = result.hosts[0]?.error
  return {
    kind: error?.kind,
    message: error?.message ?? '',
    peakMegabytes: peak / 1024,
    seconds: (performance.now() - started) / 1000,
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

test.each([
  ['a greeting that is a line of 2 GB', 'flood', (channel: ServerChannel) => pour(channel)],
  [
    'an answer that is a line of 2 GB',
    'flood',
    onScript((channel, { begin }) => {
      channel.write(`${begin}\n`)
      pour(channel)
    }),
  ],
  [
    'a line of 2 GB on standard error',
    'flood',
    onScript((channel, { begin }) => {
      channel.write(`${begin}\n`)
      pour(channel.stderr)
    }),
  ],
  [
    'lines without end',
    'flood',
    onScript((channel, { begin }) => {
      channel.write(`${begin}\n`)
      pour(channel, Infinity, 'max 1\n')
    }),
  ],
  [
    'an end mark before any answer',
    'command',
    onScript((channel, { begin, end }) => {
      channel.end(`${begin}\n${end} 0\n`)
    }),
  ],
  [
    'an end mark without a status, and lines after it',
    'command',
    onScript((channel, { begin, end }) => {
      channel.end(`${begin}\n${end}\n${end} zero\n${end} 0 0\n${nasty}\n`)
    }),
  ],
  [
    'escape sequences as its answer',
    'command',
    onScript((channel, { begin, end }) => {
      channel.stderr.write(nasty)
      channel.end(`${begin}\n${nasty}\n${end} 0\n`)
    }),
  ],
  [
    'broken UTF-8 as its answer',
    'command',
    onScript((channel, { begin, end }) => {
      channel.stderr.write(brokenUtf8)
      channel.write(`${begin}\n`)
      channel.write(brokenUtf8)
      channel.end(`\n${end} 0\n`)
    }),
  ],
  [
    'half an answer, and then never closes',
    'timeout',
    onScript((channel, { begin }) => {
      channel.write(`${begin}\nhalf\n`)
    }),
  ],
] as const)('%s', async (_name, kind, exec) => {
  expectRefusal(await planAt(await startFakeHost({ exec })), kind)
})

test('a line of 2 GB in the place of its name and version', async () => {
  expectRefusal(await planAt(await listen((socket) => pour(socket))), 'protocol')
})

test('last words that would take over a terminal are shown as what they are', async () => {
  const exec = (channel: ServerChannel): void => {
    channel.stderr.write(nasty)
    channel.stderr.write(brokenUtf8)
    channel.exit(7)
    channel.close()
  }
  const outcome = await planAt(await startFakeHost({ exec }))
  expectRefusal(outcome, 'shell')
  expect(outcome.message).toContain(String.raw`\x1b[2J\x1b]0;owned\x07`)
})

/** An idle run peaks at some 70 MB, and what is kept of a host is 16 MB at most. */
function expectRefusal({ kind, message, peakMegabytes, seconds }: Outcome, expected: string): void {
  expect(kind).toBe(expected)
  expect(message).not.toBe('')
  expect(message.length).toBeLessThan(8192)
  expect(peakMegabytes).toBeGreaterThan(20)
  expect(peakMegabytes).toBeLessThan(200)
  // As long as the time for a command, and no longer, however busy this machine.
  expect(seconds).toBeLessThan(60)
}
