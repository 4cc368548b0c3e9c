import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exitCodes } from '../../src/exit-codes.ts'
import type { RunResult } from '../../src/report/host-result.ts'
import { runOnRig } from './run-on-rig.ts'
import { tally, type TrialFleet, trialFleet } from './trial-fleet.ts'

const count = 12
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
let fleet: TrialFleet
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-trouble-'))
  fleet = await trialFleet(count)
  await runOnRig(fleet.rig, ['apply', fleet.playbook])
  fleet.after.push(...(await fleet.settled()))
}, 300_000)
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
}, 120_000)
beforeEach(() => fleet.reset())

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program on all hosts, as words of a shell that starts it. */
function words(...more: string[]): readonly string[] {
  return [process.execPath, program, 'apply', fleet.playbook, '-i', fleet.rig.inventoryPath, ...more]
}

/** Runs it, by a shell that has it as `"$@"`; `onOutput` hears all that it has printed so far. */
function run(
  script: string,
  more: readonly string[],
  onOutput: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn('bash', ['-c', script, 'bash', ...words(...more)], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (chunk: string) => {
      said[stream] += chunk
      if (stream === 'stdout') onOutput(said.stdout, (signal) => child.kill(signal))
    })
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, ...said }))
  })
}

async function tallied(): Promise<{ before: number; after: number }> {
  const { violations, ...counts } = tally(fleet, await fleet.settled())
  expect(violations).toEqual([])
  return counts
}

const connections = async (): Promise<number> => {
  let sum = 0
  for (const host of fleet.rig.hosts) sum += await host.connections()
  return sum
}

describe('the disk of the records', () => {
  const inMounts = (mount: string): string => `exec unshare --mount bash -c '${mount} && exec "$@"' bash "$@"`

  test.each([
    ['is full', 'mount -t tmpfs -o size=16k,nr_inodes=2 none "$STATE"', /no space left on the device of/],
    ['is read-only', 'mount -t tmpfs -o ro none "$STATE"', /the file system is read-only under/],
  ])('%s at the beginning: no host is contacted', async (_, mount, message) => {
    const state = join(folder, 'state-early')
    mkdirSync(state, { recursive: true })
    const before = await connections()
    const ended = await run(inMounts(mount), ['--state-dir', state], undefined, { STATE: state })
    expect(ended.code).toBe(exitCodes.usage.code)
    expect(ended.stderr).toMatch(message)
    expect(ended.stdout).toBe('')
    expect(await connections()).toBe(before)
    expect(await tallied()).toEqual({ before: count, after: 0 })
  })

  test('fills up in the middle: what cannot be recorded is not changed, and is told', async () => {
    const state = join(folder, 'state-late')
    mkdirSync(state)
    // Room for what some of the hosts need.
    const mount = 'mount -t tmpfs -o size=20k none "$STATE"'
    const { code, stdout } = await run(
      inMounts(mount),
      ['--state-dir', state, '-o', 'json', '--forks', '2'],
      undefined,
      { STATE: state },
    )
    const { hosts, totals, notes } = JSON.parse(stdout) as RunResult
    expect(code).toBe(exitCodes.failed.code)
    expect(totals.changed).toBeGreaterThan(0)
    expect(totals.failed).toBe(count - totals.changed)
    expect(hosts.flatMap(({ error }) => error?.kind ?? [])).toEqual(
      Array.from({ length: totals.failed }, () => 'not_recorded'),
    )
    expect(notes?.join()).toMatch(/the record of this run is incomplete: no space left on the device of/)
    expect(await tallied()).toEqual({ before: totals.failed, after: totals.changed })
  })
})

test.each([
  ['back by a day', -86_400_000],
  ['ahead by a year', 31_536_000_000],
])('a clock that jumps %s in the middle changes nothing but times', async (_, milliseconds) => {
  const state = join(folder, `state-clock${milliseconds}`)
  const preload = join(folder, 'jump.mjs')
  writeFileSync(
    preload,
    `import { readdirSync, statSync } from 'node:fs'
const Real = Date, { JUMP_FOLDER: runs, JUMP_BYTES: bytes } = process.env
const read = () => { try { return readdirSync(runs) } catch { return [] } }
const earlier = new Set(read())
const size = (run) => { try { return statSync(runs + '/' + run + '/journal.jsonl').size } catch { return 0 } }
let hasJumped = false
const now = () => {
  hasJumped ||= read().some((run) => !earlier.has(run) && size(run) > Number(bytes))
  return Real.now() + (hasJumped ? ${milliseconds} : 0)
}
globalThis.Date = class extends Real {
  constructor(...given) { super(...(given.length === 0 ? [now()] : given)) }
  static now() { return now() }
}\n`,
  )
  // The middle is where so much of it is recorded: a host is planned, several are.
  const moments = ['0', '1000', '4000']
  for (const bytes of moments) {
    await fleet.reset()
    const ended = await run(
      'exec "$@"',
      ['--state-dir', state, '-o', 'json', '--deadline', '5m'],
      undefined,
      {
        NODE_OPTIONS: `--import ${preload}`,
        JUMP_FOLDER: join(state, 'runs'),
        JUMP_BYTES: bytes,
      },
    )
    expect(ended.code, ended.stderr).toBe(0)
    const { started, finished, totals } = JSON.parse(ended.stdout) as RunResult
    expect(totals.changed).toBe(count)
    expect(Math.abs(Date.parse(finished) - Date.parse(started))).toBeGreaterThan(3_600_000)
    expect(await tallied()).toEqual({ before: 0, after: count })
  }
  const list = await run(`exec "$1" "$2" runs -o json --state-dir '${state}'`, [])
  expect(JSON.parse(list.stdout)).toHaveLength(moments.length)
})

test('| head -1: one line is printed, and the run goes on to its end and its record', async () => {
  const state = join(folder, 'state-head')
  const { stdout, stderr } = await run('"$@" 2>/dev/null | head -1; echo "${PIPESTATUS[0]}" >&2', [
    ...['--state-dir', state, '-o', 'jsonl'],
  ])
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toBe('0\n')
  expect(await tallied()).toEqual({ before: 0, after: count })
  const last = await run(`exec "$1" "$2" runs last -o json --state-dir '${state}'`, [])
  expect((JSON.parse(last.stdout) as RunResult).totals.changed).toBe(count)
})

describe('signals, once the first host is done', () => {
  test.each([
    ['SIGINT', 1, exitCodes.interrupted.code],
    ['SIGINT', 2, exitCodes.interrupted.code],
    ['SIGTERM', 1, exitCodes.terminated.code],
    ['SIGHUP', 2, exitCodes.terminated.code],
  ] as const)(
    '%s, %i times: every host is whole, what was not reached is told',
    async (signal, times, status) => {
      const state = join(folder, `state-${signal}${times}`)
      let sent = false
      const { code, stdout } = await run(
        'exec "$@"',
        ['--state-dir', state, '-o', 'jsonl', '--forks', '3'],
        (said, kill) => {
          if (sent || !said.includes('\n')) return
          sent = true
          kill(signal)
          if (times === 2) setTimeout(() => kill(signal), 30)
        },
      )
      expect(code).toBe(status)
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const { totals } = lines.at(-1).summary as RunResult
      expect(lines).toHaveLength(count + 1)
      expect(totals.skipped).toBeGreaterThan(0)
      const { after } = await tallied()
      // A host that was cut off is `unknown`: it finished or put back by itself.
      expect(after).toBeGreaterThanOrEqual(totals.changed)
      expect(after).toBeLessThanOrEqual(totals.changed + totals.unknown)
      // And the next run brings all of them right.
      const next = await run('exec "$@"', ['--state-dir', state, '-o', 'json'])
      expect(next.code).toBe(0)
      expect(await tallied()).toEqual({ before: 0, after: count })
      expect(existsSync(join(state, 'runs'))).toBe(true)
    },
  )
})

test('--deadline: no further host is begun, which is no success', async () => {
  const { code, stdout } = await run('exec "$@"', [
    ...['--state-dir', join(folder, 'state-deadline'), '-o', 'json', '--forks', '1', '--deadline', '1s'],
  ])
  const { totals, hosts } = JSON.parse(stdout) as RunResult
  expect(code).toBe(exitCodes.failed.code)
  expect(totals.skipped).toBeGreaterThan(0)
  expect(hosts.at(-1)?.findings.map((finding) => finding.code)).toEqual(['deadline-passed'])
  expect(await tallied()).toEqual({ before: totals.skipped, after: totals.changed })
})
