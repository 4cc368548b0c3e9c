import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { monitorOf, resultOf, tally } from './queue-rig.ts'
import {
  awaySeconds,
  before,
  expectMended,
  expectRecorded,
  expectTruth,
  forks,
  hosts,
  redis,
  rig,
  slowSeconds,
  some,
  start,
  threeRunners,
} from './trial.ts'

test('three runners do a fleet; the record is whole, no secret went through Redis, and a second run finds nothing', async () => {
  const monitor = await monitorOf(redis)
  const runners = await Promise.all([
    rig.runner(redis.address, { words: ['--workers', '2'] }),
    ...[2, 3].map(() => rig.runner(redis.address)),
  ])
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
  const verify = rig.coordinate('verify', redis.address, ['-l', 'h1,h2,h3'])
  expect(await verify.ended, verify.said.stderr).toBe(0)
  const check = rig.coordinate('check', redis.address, ['-l', 'h1,h2,h3'])
  await check.ended
  expect(resultOf(check).hosts.filter(({ usage }) => usage !== undefined)).toHaveLength(3)
  const back = rig.coordinate('rollback', redis.address, ['-l', 'h1,h2,h3'])
  expect(await back.ended, back.said.stderr).toBe(0)
  for (const host of ['h1', 'h2', 'h3']) expect(rig.hosts().get(host)?.max).toBe(before.get(host))
  for (const { child } of runners) child.kill('SIGTERM')
  expect(await Promise.all(runners.map(({ ended }) => ended))).toEqual([143, 143, 143])
  const seen = await monitor.stop()
  expect(seen).toContain('h1')
  expect(seen).not.toContain('hunter22')
  expect(seen).not.toContain('PRIVATE KEY')
  // What is left in Redis does not grow with the runs.
  const client = redis.client()
  expect(
    (await client.keys('*')).filter(
      (key) => !/^conntrackctl:versions:|:(?:meta|id|events|stalled-check|marker)$/.test(key),
    ),
  ).toEqual([])
  client.disconnect()
})
describe('Redis in the middle of a run', () => {
  test.each([
    ['is lost and comes back with what it had (AOF)', ['--appendonly', 'yes']],
    ['is lost and comes back with nothing', []],
  ])('%s', async (_, words) => {
    await redis.stop()
    await redis.start(words)
    await threeRunners()
    const run = start()
    // Changes end while Redis is away, and not before. All that may be under way at once is held.
    await rig.planned(Math.max(0, some - forks))
    rig.hold(true)
    await rig.planned(some)
    await redis.stop('SIGKILL')
    rig.hold(false)
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
    // Its lock lasts 15 s.
    await Promise.all([run.ended, new Promise((resolve) => setTimeout(resolve, 17_000))])
    const told = rig.hosts()
    first?.child.kill('SIGCONT')
    await new Promise((resolve) => setTimeout(resolve, 4000))
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
    const runners = await Promise.all([
      rig.runner(redis.address, off('+1h')),
      rig.runner(redis.address, off('-1h')),
    ])
    const run = start()
    expect(await run.ended, run.said.stderr).toBe(0)
    expect(tally(resultOf(run).hosts)).toEqual({ changed: hosts })
    expectTruth(resultOf(run))
    await rig.endAll()
    // What the library leaves of a process that was killed.
    for (const { child } of runners)
      for (const name of ['faketime_shm', 'sem.faketime_sem'])
        rmSync(`/dev/shm/${name}_${child.pid}`, { force: true })
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

/** The library of Debian's faketime, whatever the machine's architecture. */
function fakeTime(): string {
  const files = execFileSync('dpkg', ['-L', 'libfaketime'], { encoding: 'utf8' }).split('\n')
  return files.find((file) => file.endsWith('/libfaketimeMT.so.1')) ?? ''
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
