import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readSigningKey } from '../../src/queue/signed-text.ts'
import { monitorOf, resultOf, tally, until } from './queue-rig.ts'
import {
  expectMended,
  expectPlansKept,
  expectTruth,
  forks,
  hosts,
  jobsLeft,
  queueOf,
  redis,
  rig,
  slowSeconds,
  some,
  start,
  threeRunners,
  wish,
} from './trial.ts'

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

    // Beside it one of this version does the work, and the other sees none of it.
    const newer = await rig.runner(redis.address)
    expect(newer.said.stderr).not.toContain('was removed')
    const both = start()
    expect(await both.ended, both.said.stderr).toBe(0)
    expect(tally(resultOf(both).hosts)).toEqual({ changed: hosts })
    older.child.kill('SIGTERM')
    expect(await older.ended).toBe(143)
    expect(older.said.stderr).not.toContain('job ')
    // What is left of a version that nobody is of any more goes with the next runner.
    const client = redis.client()
    const left = queueOf(client, '0.0.1')
    await left.add('host', { sealed: 'left over' })
    const next = await rig.runner(redis.address)
    expect(next.said.stderr).toMatch(/nobody in this zone is conntrackctl 0\.0\.1 any more, this is \d/)
    expect(await client.keys('*@0.0.1*')).toEqual([])
    await left.close()
    client.disconnect()
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

  test('whose limit of failures is passed begins no host any more, not even what lies in the queue', async () => {
    await rig.runner(redis.address, { words: ['--forks', '1', '--retries', '0'] })
    const shut = join(rig.folder, 'shut.yml')
    writeFileSync(shut, 'all: {hosts: {h1: {ansible_port: 1}}}\n')
    const played = `- {hosts: all, max_fail_percentage: 0, conntrack: {max: ${wish}}}\n`
    writeFileSync(rig.playbook, played)
    const run = rig.coordinate('apply', redis.address, ['--forks', String(hosts), '-i', shut])
    await run.ended
    expect(tally(resultOf(run).hosts)).toEqual({ 'unreachable refused': 1, skipped: hosts - 1 })
    for (const { host, findings } of resultOf(run).hosts)
      if (host !== 'h1') expect(findings[0]?.message).toMatch(/was stopped before its turn: in batch 1/)
    expect(rig.logins()).toBe(0)
    expectTruth(resultOf(run))
  })

  test('whose deadline passes begins no host any more, and says so', async () => {
    await threeRunners()
    rig.slow(1)
    const run = rig.coordinate('apply', redis.address, ['--forks', String(forks), '--deadline', '1s'])
    expect(await run.ended).toBe(2)
    const { hosts: results } = resultOf(run)
    expectTruth(resultOf(run))
    for (const { status } of results) expect(['changed', 'skipped']).toContain(status)
    const skipped = results.filter(({ status }) => status === 'skipped')
    expect(skipped.length).toBeGreaterThan(0)
    for (const { findings } of skipped) expect(findings[0]?.code).toBe('deadline-passed')
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
    const [last = ''] = readdirSync(join(rig.folder, 'state', 'runs'))
      .toSorted()
      .toReversed()
    expectPlansKept(last)
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
    const queue = queueOf(client)
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
    const monitor = await monitorOf(redis)
    const runner = await rig.runner(redis.address)
    const run = start()
    expect(await run.ended).toBe(0)
    const seen = await monitor.stop()
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
    const queue = queueOf(client)
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
