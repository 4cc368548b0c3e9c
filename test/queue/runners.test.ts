import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, connect, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunResult } from '../../src/report/host-result.ts'
import { readSigningKey } from '../../src/queue/signed-text.ts'
import {
  isFull,
  type OwnRedis,
  ownRedis,
  QueueRig,
  resultOf,
  type Running,
  tally,
  until,
} from './queue-rig.ts'

const hosts = isFull ? 500 : 8
const forks = isFull ? 60 : 5
const some = isFull ? 100 : 2
/** Seconds that a host takes longer to answer, and that Redis or a runner is away. */
const [slowSeconds, awaySeconds] = isFull ? [1, 4] : [0.5, 2]

let rig: QueueRig
let redis: OwnRedis
let wish = 200_000
let before: ReadonlyMap<string, number>

beforeAll(async () => {
  rig = await QueueRig.start(hosts)
})
beforeEach(async () => {
  redis = await ownRedis()
  wish += 8
  rig.wish(wish)
  rig.slow(0)
  before = new Map([...rig.hosts()].map(([host, { max }]) => [host, max]))
})
afterEach(async () => {
  await rig.endAll()
  await redis.stop('SIGKILL')
})
afterAll(async () => {
  await rig.stop()
})

/** A run that came to its end says of each host what is so, and no host was sent a change twice. */
function expectTruth({ hosts: results }: RunResult): void {
  const now = rig.hosts()
  expect(results).toHaveLength(now.size)
  expect(new Set(results.map(({ host }) => host))).toEqual(new Set(now.keys()))
  for (const { host, status, error } of results) {
    const { max, sent } = now.get(host) ?? { max: 0, sent: 0 }
    const told = `${host} is ${status} (${error?.message}), has ${max}, was sent ${sent} changes`
    expect(sent, told).toBeLessThanOrEqual(1)
    if (status === 'changed' || status === 'ok') expect(max, told).toBe(wish)
    else if (status !== 'unknown') expect(max, told).toBe(before.get(host))
  }
}

/** Every fault ends so: what was told is so, and a second run brings all hosts to their wish. */
async function expectMended(run: Running): Promise<RunResult> {
  const exitCode = await run.ended
  const result = resultOf(run)
  console.log(expect.getState().currentTestName, exitCode, tally(result.hosts))
  expectTruth(result)
  expectRecorded(result)
  rig.slow(0)
  const again = rig.coordinate('apply', redis.address, ['--forks', String(forks)])
  expect(await again.ended, again.said.stderr).toBe(0)
  for (const { max } of rig.hosts().values()) expect(max).toBe(wish)
  return result
}

/** The record has a plan for each host that may have been changed, and the end of each. */
function expectRecorded({ run, hosts: results }: RunResult): void {
  const folder = join(rig.folder, 'state', 'runs', run)
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n')
  const entries = lines.map(
    (line) => JSON.parse(line) as { kind: string; host?: string; result?: { host: string } },
  )
  const finished = entries.flatMap(({ kind, result }) => (kind === 'finished' && result ? [result.host] : []))
  expect(finished).toHaveLength(results.length)
  expect(new Set(finished)).toEqual(new Set(results.map(({ host }) => host)))
  const planned = new Set(entries.flatMap(({ kind, host = '' }) => (kind === 'planned' ? [host] : [])))
  for (const [host, { sent }] of rig.hosts()) if (sent > 0) expect(planned).toContain(host)
}

const threeRunners = (): Promise<Running[]> => Promise.all([1, 2, 3].map(() => rig.runner(redis.address)))
const start = (): Running => rig.coordinate('apply', redis.address, ['--forks', String(forks)])

test('three runners do a fleet; the record is whole, no secret went through Redis, and a second run finds nothing', async () => {
  const monitor = spawn('redis-cli', ['-s', redis.socket, 'MONITOR'])
  let seen = ''
  monitor.stdout.on('data', (text: Buffer) => (seen += text.toString()))
  const runners = await threeRunners()
  writeFileSync(
    rig.inventory,
    readFileSync(rig.inventory, 'utf8').replace(
      '{zone: lab}',
      '{zone: lab, ansible_password: hunter22, token: hunter22}',
    ),
  )
  const run = start()
  expect(await run.ended, run.said.stderr).toBe(0)
  const result = resultOf(run)
  expect(tally(result.hosts)).toEqual({ changed: hosts })
  expectTruth(result)
  expectRecorded(result)
  expect([...rig.hosts().values()].map(({ sent }) => sent)).toEqual(Array.from({ length: hosts }, () => 1))
  const verify = rig.coordinate('verify', redis.address)
  expect(await verify.ended, verify.said.stderr).toBe(0)
  const check = rig.coordinate('check', redis.address)
  await check.ended
  expect(resultOf(check).hosts.filter(({ usage }) => usage !== undefined)).toHaveLength(hosts)
  for (const { child } of runners) child.kill('SIGTERM')
  expect(await Promise.all(runners.map(({ ended }) => ended))).toEqual([143, 143, 143])
  monitor.kill()
  expect(seen).toContain('h1')
  expect(seen).not.toContain('hunter22')
  expect(seen).not.toContain('PRIVATE KEY')
  // What is left in Redis does not grow with the runs.
  const client = redis.client()
  expect(
    (await client.keys('*')).filter((key) => !/:(?:meta|id|events|stalled-check|marker)$/.test(key)),
  ).toEqual([])
  client.disconnect()
})

describe('nothing is contacted when', () => {
  test('Redis is not there', async () => {
    await redis.stop()
    for (const run of [start(), await rig.runner(redis.address)]) {
      expect(await run.ended).toBe(69)
      expect(run.said.stderr).toMatch(
        /the queue unix:\S+ cannot be used: nobody answers there .*start redis-server/,
      )
    }
    expect(rig.logins()).toBe(0)
  })

  test('no runner serves the zone, or one is of another version: both are named', async () => {
    const none = start()
    expect(await none.ended).toBe(69)
    expect(none.said.stderr).toMatch(
      /no runner is at work in the zone lab; start one .*conntrackctl worker --queue/,
    )
    const program = olderProgram()
    const older = await rig.runner(redis.address, { program })
    expect(older.said.stderr).toContain('serves the zone')
    const run = start()
    expect(await run.ended).toBe(69)
    expect(run.said.stderr).toMatch(/the runner \S+ in the zone lab is conntrackctl 0\.0\.1, this is \d/)
    expect(rig.logins()).toBe(0)
  })

  test('its jobs may be thrown away, or its memory is full', async () => {
    const client = redis.client()
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const evicting = start()
    expect(await evicting.ended).toBe(69)
    expect(evicting.said.stderr).toMatch(
      /throws keys away .*allkeys-lru.*CONFIG SET maxmemory-policy noeviction/,
    )
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    await client.config('SET', 'maxmemory', '1')
    const full = start()
    expect(await full.ended).toBe(69)
    expect(full.said.stderr).toMatch(/its memory is full .*raise maxmemory/)
    client.disconnect()
    expect(rig.logins()).toBe(0)
  })
})

describe('Redis in the middle of a run', () => {
  test.each([
    ['is lost and comes back with what it had (AOF)', ['--appendonly', 'yes']],
    ['is lost and comes back with nothing', []],
  ])('%s', async (_, words) => {
    await redis.stop()
    await redis.start(words)
    await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    await redis.stop('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, awaySeconds * 1000))
    await redis.start(words)
    await expectMended(run)
    expect(run.said.stderr).toMatch(/the queue cannot be used now.*\n.*the queue can be used again/)
  })

  test('has no memory left for a while', async () => {
    await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    const client = redis.client()
    await client.config('SET', 'maxmemory', '1')
    await new Promise((resolve) => setTimeout(resolve, awaySeconds * 1000))
    await client.config('SET', 'maxmemory', '0')
    client.disconnect()
    await expectMended(run)
  })
})

describe('a runner in the middle of a run', () => {
  test('is killed: others take what it had not been allowed to change, the rest is unknown', async () => {
    const [first] = await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    first?.child.kill('SIGKILL')
    const result = await expectMended(run)
    for (const { status, error } of result.hosts)
      if (status !== 'changed') expect(`${status} ${error?.kind}`).toBe('unknown runner')
  })

  test('is frozen for longer than its lock lasts, and wakes up: it changes nothing any more', async () => {
    const [first] = await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    first?.child.kill('SIGSTOP')
    await run.ended
    await new Promise((resolve) => setTimeout(resolve, 5000))
    const told = rig.hosts()
    first?.child.kill('SIGCONT')
    await new Promise((resolve) => setTimeout(resolve, 6000))
    expect(rig.hosts()).toEqual(told)
    await expectMended(run)
  })

  test('is cut off from Redis, and comes back: its results arrive late or its hosts are unknown', async () => {
    await using proxy = await startProxy(join(redis.folder, 'proxy.sock'), redis.socket)
    await Promise.all([
      rig.runner(`unix:${proxy.path}`),
      rig.runner(redis.address),
      rig.runner(redis.address),
    ])
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    proxy.cut()
    await new Promise((resolve) => setTimeout(resolve, awaySeconds * 1000))
    proxy.mend()
    await expectMended(run)
  })

  test('cannot reach the hosts: those that it took are unreachable', async () => {
    await Promise.all([
      rig.runner(redis.address, { within: false, before: ['unshare', '--net'], words: ['-T', '2'] }),
      rig.runner(redis.address),
    ])
    const run = start()
    await run.ended
    const result = resultOf(run)
    console.log('cut off from hosts', tally(result.hosts))
    expectTruth(result)
    for (const { status } of result.hosts) expect(['changed', 'unreachable']).toContain(status)
  })

  test('has a clock that is an hour off, before or after', async () => {
    const off = (by: string) => ({
      env: { LD_PRELOAD: fakeTime(), FAKETIME: by, FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    })
    await Promise.all([rig.runner(redis.address, off('+1h')), rig.runner(redis.address, off('-1h'))])
    const run = start()
    expect(await run.ended, run.said.stderr).toBe(0)
    expect(tally(resultOf(run).hosts)).toEqual({ changed: hosts })
    expectTruth(resultOf(run))
    const hour = execFileSync(process.execPath, ['-p', 'Date.now()'], {
      env: off('+1h').env,
      encoding: 'utf8',
    })
    expect(Math.round((Number(hour) - Date.now()) / 60_000)).toBe(60)
  })

  test('is stopped: its hosts end, and others do the rest', async () => {
    const [first] = await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    first?.child.kill('SIGTERM')
    expect(await first?.ended).toBe(143)
    expect(await run.ended, run.said.stderr).toBe(0)
    expect(tally(resultOf(run).hosts)).toEqual({ changed: hosts })
    expectTruth(resultOf(run))
  })
})

test('two coordinators with one playbook: each host is changed by one of them', async () => {
  await threeRunners()
  const runs = [start(), start()]
  const codes = await Promise.all(runs.map(({ ended }) => ended))
  expect(codes, runs.map(({ said }) => said.stderr).join('')).toEqual([0, 0])
  const [one, other] = runs.map(
    (run) => new Map(resultOf(run).hosts.map(({ host, status }) => [host, status])),
  )
  for (const [host, { max }] of rig.hosts()) {
    expect(max).toBe(wish)
    expect(new Set([one?.get(host), other?.get(host)])).toEqual(new Set(['changed', 'ok']))
  }
})

describe('a coordinator', () => {
  test('that is interrupted begins no host any more; those under way end', async () => {
    await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    run.child.kill('SIGINT')
    const result = await expectMended(run)
    expect(await run.ended).toBe(130)
    for (const { status } of result.hosts) expect(['changed', 'skipped']).toContain(status)
  })

  test('that is interrupted twice cuts them, in bounded time', async () => {
    await threeRunners()
    rig.slow(3)
    const run = start()
    await rig.planned(1)
    const beganAt = performance.now()
    run.child.kill('SIGINT')
    await until(() => run.said.stderr.includes('stopping'), 'it has heard the first')
    run.child.kill('SIGINT')
    await run.ended
    expect(performance.now() - beganAt).toBeLessThan(20_000)
    // What had been sent to hosts ends by itself.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    const result = await expectMended(run)
    for (const { status } of result.hosts) expect(status).not.toBe('changed')
  })

  test('that is killed: what was not begun is dropped, and nothing is begun without it', async () => {
    const runners = await threeRunners()
    rig.slow(slowSeconds)
    const run = start()
    await rig.planned(some)
    run.child.kill('SIGKILL')
    await run.ended
    await until(async () => (await jobsLeft(redis)) === 0, 'all jobs are gone', 60)
    const told = rig.hosts()
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(rig.hosts()).toEqual(told)
    for (const { sent } of told.values()) expect(sent).toBeLessThanOrEqual(1)
    expect(runners.map(({ said }) => said.stderr).join('')).toMatch(/its coordinator has gone/)
  })
})

describe('what was put into the queue by somebody else', () => {
  const jobFor = (key: string, version: string) =>
    readSigningKey(key).seal(
      JSON.stringify({
        ...{ kind: 'job', version, run: 'r', job: 'r.1.1', zone: 'lab', timeoutSeconds: 3 },
        manner: { mode: 'apply', scope: 'plan', allowed: [], who: 'me' },
        ...{ label: { host: 'h1', play: 'p' }, vars: { ansible_host: rig.fleet.addresses[0] } },
        spec: {
          kind: 'wish',
          wish: {
            play: 'p',
            max: 1_000_000,
            sysctls: [],
            persist: false,
            conflicts: 'report',
            module: 'leave',
          },
        },
        ...{
          history: { earlier: null, points: [], nowSeconds: 0 },
          peakCount: null,
          confirmSeconds: null,
          revisit: null,
        },
      }),
    )

  test('is refused: not signed, signed by a stranger, of another version, and left over or replayed', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    const runner = await rig.runner(redis.address)
    const client = redis.client()
    const queue = new Queue('lab', { connection: client, prefix: 'conntrackctl-1' })
    // Even where its run looks as if it were there.
    await client.set('conntrackctl-1:run:r', '1')
    const stranger = jobFor(rig.keys.stranger, version)
    const real = jobFor(rig.keys.coordinator, version)
    await queue.add('host', { sealed: JSON.stringify({ kind: 'job' }) })
    await queue.add('host', { sealed: stranger })
    await queue.add('host', { sealed: real.replace('1000000', '9000000') })
    await queue.add('host', { sealed: jobFor(rig.keys.coordinator, '0.0.1') })
    await queue.add('host', { sealed: real })
    await until(
      async () => (await jobsLeft(redis)) === 0 && runner.said.stderr.includes('dropped'),
      'all are done',
    )
    const said = runner.said.stderr
    expect(said).toMatch(/refused a job: it is not signed/)
    expect(said).toMatch(/refused a job: it is signed with the key SHA256:\S+, which is not trusted here/)
    expect(said).toMatch(/refused a job: its signature is not one of the key/)
    expect(said).toMatch(new RegExp(`its coordinator is conntrackctl 0\\.0\\.1, this is ${version}`))
    expect(said).toMatch(/dropped job r\.1\.1/)
    expect(rig.logins()).toBe(0)
    await queue.close()
    client.disconnect()
  })

  test('a whole run that was recorded is worth nothing when it is played again', async () => {
    const monitor = spawn('redis-cli', ['-s', redis.socket, 'MONITOR'])
    let seen = ''
    monitor.stdout.on('data', (text: Buffer) => (seen += text.toString()))
    const runner = await rig.runner(redis.address)
    const run = start()
    expect(await run.ended).toBe(0)
    monitor.kill()
    const sealed = [...seen.matchAll(/"(SHA256:(?:[^"\\]|\\.)*)"/g)].map(
      ([, text = '']) => JSON.parse(`"${text}"`) as string,
    )
    const answers = sealed.filter((text) => /"kind":"(?:go|kept)"/.test(text))
    const jobs = [...seen.matchAll(/\{\\"sealed\\":\\"(?:[^"\\]|\\.)*\\"\}/g)].map(
      ([text]) => JSON.parse(JSON.parse(`"${text}"`) as string) as { sealed: string },
    )
    expect(new Set(jobs.map((job) => job.sealed)).size).toBeGreaterThanOrEqual(hosts)
    expect(answers.length).toBeGreaterThanOrEqual(hosts * 2)

    rig.wish(wish)
    const client = redis.client()
    const [id = ''] = await client.hkeys('conntrackctl:runners:lab')
    const queue = new Queue('lab', { connection: client, prefix: 'conntrackctl-1' })
    const { run: name } = resultOf(run)
    await client.set(`conntrackctl-1:run:${name}`, '1')
    for (const job of jobs.slice(0, 3)) await queue.add('host', job)
    await until(async () => (await client.llen(`conntrackctl-1:to-run:${name}`)) > 0, 'the runner asks')
    await client.rpush(`conntrackctl-1:to-runner:${id}`, ...answers)
    // Nobody answers to the new nonces, so the jobs are dropped once the run is gone.
    await client.del(`conntrackctl-1:run:${name}`)
    await until(
      async () => (await jobsLeft(redis)) === 0 && runner.said.stderr.includes('dropped'),
      'all are dropped',
    )
    expect(rig.logins()).toBe(0)
    await queue.close()
    client.disconnect()
  })
})

/** The library of Debian's faketime, whatever the machine's architecture. */
function fakeTime(): string {
  const files = execFileSync('dpkg', ['-L', 'libfaketime'], { encoding: 'utf8' }).split('\n')
  return files.find((file) => file.endsWith('/libfaketimeMT.so.1')) ?? ''
}

async function jobsLeft(own: OwnRedis): Promise<number> {
  const client = own.client()
  const queue = new Queue('lab', { connection: client, prefix: 'conntrackctl-1' })
  try {
    return await queue.getJobCountByTypes('waiting', 'active', 'prioritized', 'delayed', 'failed')
  } finally {
    await queue.close()
    client.disconnect()
  }
}

/** The program as it is, but for its version. */
function olderProgram(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folder = join(rig.folder, 'older')
  mkdirSync(folder, { recursive: true })
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...about, version: '0.0.1' }))
  return join(folder, 'dist', 'cli.js')
}

interface Proxy extends AsyncDisposable {
  readonly path: string
  /** Ends all connections and takes no more. */
  readonly cut: () => void
  readonly mend: () => void
}

async function startProxy(path: string, to: string): Promise<Proxy> {
  let isCut = false
  const open = new Set<Socket>()
  const server: Server = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect(to)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    cut: () => {
      isCut = true
      for (const socket of open) socket.destroy()
    },
    mend: () => {
      isCut = false
    },
    [Symbol.asyncDispose]: async () => {
      isCut = true
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
