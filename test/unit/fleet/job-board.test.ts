import { expect, test } from 'vitest'
import { diagnosisRemedy } from '../../../src/fleet/diagnosis-remedy.ts'
import type { HostJob } from '../../../src/fleet/remedy-host.ts'
import type { BoardEvents, Work } from '../../../src/fleet/runners/board-events.ts'
import { JobBoard } from '../../../src/fleet/runners/job-board.ts'
import { Watch } from '../../../src/fleet/runners/watch.ts'
import type { ToCoordinator, ToRunner } from '../../../src/queue/messages.ts'
import { hashOf } from '../../../src/queue/signed-text.ts'
import type { FactsSummary, HostResult } from '../../../src/report/host-result.ts'
import { directTarget } from '../../../src/ssh/direct-target.ts'

const facts: FactsSummary = { kernel: '6.1.0', count: 1, max: 2, hashsize: 3, memory_bytes: 4 }
const changes = [{ kind: 'live', key: 'k', path: '/p', before: '1', after: '2', reason: 'r' }] as const
const loss = { kind: 'runner', message: 'r1 was not heard of', hint: 'Look.' } as const

/** A board whose world is two lists. */
function newBoard(events: Partial<BoardEvents> = {}) {
  const posted: { id: string; sealed: string }[] = []
  const answers: { runner: string; message: ToRunner }[] = []
  const withdrawn: string[] = []
  const strangers: string[] = []
  const planned: string[] = []
  const board = new JobBoard('run', '1.0', {
    seal: ({ job }, id) => `${id} ${job.label.host}`,
    post: (_, id, sealed) => posted.push({ id, sealed }),
    withdraw: (_, id) => withdrawn.push(id),
    answer: (runner, message) => answers.push({ runner, message }),
    onStranger: (runner, zone) => strangers.push(`${runner} ${zone}`),
    onStage: () => {},
    onPlanned: ({ label }) => {
      planned.push(label.host)
      return Promise.resolve(true)
    },
    ...events,
  })
  const say = (
    runner: string,
    message: Partial<ToCoordinator> & { kind: ToCoordinator['kind'] },
    nonce = `nonce of ${runner}`,
    fingerprint = `key of ${runner}`,
    zones: ReadonlySet<string> | null = null,
  ): ToRunner['kind'] | null => {
    const before = answers.length
    const job = posted.at(-1)
    const whole = { run: 'run', job: job?.id, nonce, runner, hash: hashOf(job?.sealed ?? ''), ...message }
    board.receive(whole as ToCoordinator, { fingerprint, zones }, JSON.stringify(whole))
    return answers[before]?.message.kind ?? null
  }
  return { board, posted, answers, withdrawn, planned, strangers, say }
}

function jobOf(host: string): HostJob {
  const target = { ...directTarget, name: host } as unknown as HostJob['target']
  const errand = { zone: 'eu', vars: {} }
  return { label: { host, play: 'p' }, target, remedy: diagnosisRemedy(), confirmSeconds: null, errand }
}

function resultFor(host: string, status: HostResult['status']): HostResult {
  return { host, play: 'p', status, facts, changes: [], findings: [], error: null }
}

/** To be read again, having ended so. */
function again(host: string, status: HostResult['status']): Work {
  return {
    job: jobOf(host),
    revisit: { earlier: resultFor(host, status), revisit: { reason: 'hold', afterSeconds: 1 } },
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('one taking may begin, whoever else has the job; its result is the host’s', async () => {
  const { board, say } = newBoard()
  const result = board.add(again('web01', 'changed'), 0)
  expect(say('r1', { kind: 'take' })).toBe('go')
  // Asked again, because the answer was lost: the same. By another, or once more by the same runner: no.
  expect(say('r1', { kind: 'take' })).toBe('go')
  expect(say('r2', { kind: 'take' })).toBe('no')
  expect(say('r1', { kind: 'take' }, 'another nonce')).toBe('no')
  expect(say('r2', { kind: 'ended', result: resultFor('web01', 'ok') })).toBe('got')
  expect(say('r1', { kind: 'ended', result: resultFor('web01', 'ok') }, undefined, 'another key')).toBe('got')
  // A runner cannot speak of another host than that of its job.
  expect(say('r1', { kind: 'ended', result: resultFor('other', 'changed') })).toBe('got')
  expect(await result).toMatchObject({ host: 'web01', status: 'changed' })
  expect(say('r1', { kind: 'take' })).toBe('no')
})

test('what was not posted as it is taken is not begun', () => {
  const { board, say } = newBoard()
  void board.add({ job: jobOf('web01'), revisit: null }, 0)
  expect(say('r1', { kind: 'take', hash: hashOf('other') })).toBe('no')
  expect(say('r1', { kind: 'take', job: 'run.7.1' })).toBe('no')
  expect(say('r1', { kind: 'take', run: 'other' })).toBe(null)
  expect(say('r1', { kind: 'take' })).toBe('go')
})

test('a plan is kept once however often it is asked about, and only for who holds the job', async () => {
  const { board, say, answers, planned } = newBoard()
  void board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  say('r2', { kind: 'planned', facts, changes: [...changes] })
  say('r1', { kind: 'planned', facts, changes: [...changes] })
  say('r1', { kind: 'planned', facts, changes: [...changes] })
  await settled()
  expect(planned).toEqual(['web01'])
  expect(answers.map(({ message }) => message.kind)).toEqual(['go', 'kept', 'kept'])
})

test('who is trusted for some zones is let begin nothing in another, and stops nothing there', async () => {
  const { board, strangers, say } = newBoard()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  const elsewhere = ['of us', 'key of us', new Set(['us'])] as const
  expect(say('us', { kind: 'take' }, ...elsewhere)).toBe('no')
  expect(strangers).toEqual(['us eu'])
  say('us', { kind: 'refused', version: '0.9' }, ...elsewhere)
  expect(say('r1', { kind: 'take' }, 'of r1', 'key of r1', new Set(['us', 'eu']))).toBe('go')
  say('r1', { kind: 'ended', result: resultFor('web01', 'ok') }, 'of r1')
  expect(await result).toMatchObject({ status: 'ok' })
})

test('a runner that says it changed what it had not been allowed to is not believed', async () => {
  const { board, say } = newBoard()
  const claimed = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  say('r1', { kind: 'ended', result: resultFor('web01', 'changed') })
  expect(await claimed).toMatchObject({
    ...{ host: 'web01', status: 'unknown', facts: null },
    error: { kind: 'runner', message: expect.stringMatching(/r1 says .* not been allowed/) },
  })
  const allowed = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  say('r1', { kind: 'planned', facts, changes: [...changes] })
  await settled()
  say('r1', { kind: 'ended', result: resultFor('web01', 'changed') })
  expect(await allowed).toMatchObject({ status: 'changed' })
})

test('a result that is none ends its host, and a plan that is none is not allowed; of others they count for nothing', async () => {
  const { board, say, answers } = newBoard()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  const head = { run: 'run', job: 'run.1.1', nonce: 'nonce of r1' }
  const of = { fingerprint: 'key of r1', zones: null }
  board.receiveUnreadable({ kind: 'ended', ...head }, { ...of, fingerprint: 'key of r2' }, '')
  board.receiveUnreadable({ kind: 'ended', ...head, nonce: 'another' }, of, '')
  board.receiveUnreadable({ kind: 'planned', ...head }, of, 'a plan')
  board.receiveUnreadable({ kind: 'ended', ...head }, of, '')
  expect(answers.map(({ message }) => message)).toMatchObject([
    { kind: 'go' },
    { kind: 'kept', isKept: false, plan: hashOf('a plan') },
    { kind: 'got' },
  ])
  expect(await result).toMatchObject({
    status: 'failed',
    error: { kind: 'runner', message: expect.stringContaining('no result') },
  })
})

test('a runner that is lost before it may change anything: another does it, and its own word is worth nothing', async () => {
  const { board, posted, say, answers } = newBoard()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  board.runnerLost('r1', loss, 1)
  expect(posted.map(({ id }) => id)).toEqual(['run.1.1', 'run.1.2'])
  // It comes back, and wants to go on.
  say('r1', { kind: 'planned', facts, changes: [...changes], job: 'run.1.1' })
  await settled()
  expect(answers.map(({ message }) => message.kind)).toEqual(['go'])
  expect(say('r2', { kind: 'take' })).toBe('go')
  expect(say('r1', { kind: 'ended', result: resultFor('web01', 'failed'), job: 'run.1.1' })).toBe('got')
  say('r2', { kind: 'ended', result: resultFor('web01', 'ok') })
  expect(await result).toMatchObject({ status: 'ok' })
})

test('a runner that is lost when it may have changed the host: unknown, with what had been planned', async () => {
  const { board, posted, say } = newBoard()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  say('r1', { kind: 'planned', facts, changes: [...changes] })
  await settled()
  board.runnerLost('r1', loss, 1)
  expect(posted).toHaveLength(1)
  expect(await result).toMatchObject({
    status: 'unknown',
    facts,
    changes: [{ key: 'k', state: 'planned' }],
    error: { kind: 'runner', stage: 'apply', message: 'r1 was not heard of' },
  })
})

test('a plan that is on disk only when its runner was lost is not allowed any more', async () => {
  let finish: (isKept: boolean) => void = () => {}
  const { board, say, answers } = newBoard({
    onPlanned: () => new Promise((resolve) => (finish = resolve)),
  })
  void board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  say('r1', { kind: 'planned', facts, changes: [...changes] })
  board.runnerLost('r1', loss, 1)
  finish(true)
  await settled()
  expect(answers.map(({ message }) => message.kind)).toEqual(['go'])
})

test('after a stop nothing is begun: neither what waits nor what a lost runner had', async () => {
  const { board, posted, withdrawn, say } = newBoard()
  const begun = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  const waiting = board.add({ job: jobOf('web02'), revisit: null }, 0)
  const revisited = board.add(again('web03', 'changed'), 0)
  board.stop(() => resultFor('web02', 'skipped'))
  expect(await waiting).toMatchObject({ status: 'skipped' })
  // It was brought to its wish, and that it was not read again does not change that.
  expect(await revisited).toMatchObject({ status: 'changed' })
  expect(withdrawn).toEqual(['run.2.1', 'run.3.1'])
  board.runnerLost('r1', loss, 1)
  expect(await begun).toMatchObject({ status: 'failed', error: { kind: 'runner' } })
  expect(posted).toHaveLength(3)
})

test('a runner of another version is named with both', async () => {
  const { board, say } = newBoard()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  say('r1', { kind: 'refused', version: '0.9' })
  const { error } = await result
  expect(error?.message).toContain('the runner r1 is conntrackctl 0.9, this is 1.0')
})

test('a queue that never answers ends the run as well', async () => {
  const { board } = newBoard()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  let now = 0
  const silent = (): Promise<never> => new Promise(() => {})
  const watch = new Watch({
    ...{ board, timeoutSeconds: 10, beat: silent, keepAlive: silent, presentOf: silent, hasRunners: silent },
    ...{ isReady: () => true, now: () => now, warn: () => {} },
  })
  for (; now < 130_000; now += 1000) void watch.tick()
  expect(await result).toMatchObject({ status: 'failed', error: { kind: 'queue' } })
})

/** A watch over a board, with a clock and a Redis that are set by hand. */
function newWatch() {
  const made = newBoard()
  const world = { now: 0, isReady: true, isFull: false, present: new Set<string>(), warned: [] as string[] }
  const watch = new Watch({
    board: made.board,
    timeoutSeconds: 10,
    beat: () => (world.isFull ? Promise.reject(new Error('OOM')) : Promise.resolve()),
    keepAlive: () => Promise.resolve(),
    isReady: () => world.isReady,
    presentOf: () => Promise.resolve(world.present),
    hasRunners: () => Promise.resolve(world.present.size > 0),
    now: () => world.now,
    warn: (text) => world.warned.push(text),
  })
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += 1) {
      world.now += 1000
      await watch.tick()
    }
  }
  return { ...made, world, watch, pass }
}

test('a runner is lost when it is silent for the time, and not while Redis is away', async () => {
  const { board, world, say, pass, posted } = newWatch()
  void board.add({ job: jobOf('web01'), revisit: null }, 0)
  world.present.add('r1')
  say('r1', { kind: 'take' })
  await pass(30)
  world.isReady = false
  world.present.clear()
  await pass(60)
  world.isReady = true
  await pass(9)
  expect(posted).toHaveLength(1)
  await pass(3)
  expect(posted).toHaveLength(2)
  expect(world.warned.map((text) => text.split(':')[0])).toEqual([
    'the queue cannot be used now',
    'the queue can be used again',
    'nothing was heard of the runner r1 for 10 s',
  ])
})

test('a queue that stays away, or full, ends the run: told as failed where nothing was allowed', async () => {
  const { board, world, pass } = newWatch()
  const result = board.add({ job: jobOf('web01'), revisit: null }, 0)
  world.isFull = true
  await pass(125)
  expect(await result).toMatchObject({ status: 'failed', error: { kind: 'queue' } })
  expect(await board.add({ job: jobOf('web02'), revisit: null }, 0)).toMatchObject({
    error: { kind: 'queue' },
  })
})

test('a zone whose runner is none that is trusted ends as well, and one that has another goes on', async () => {
  const { board, world, watch, pass, say } = newWatch()
  world.present.add('r1')
  const waiting = board.add({ job: jobOf('web01'), revisit: null }, 0)
  for (let seconds = 0; seconds < 15; seconds += 1) {
    watch.heardStranger('it is signed with a key')
    await pass(1)
  }
  expect(await waiting).toMatchObject({
    status: 'failed',
    error: { message: expect.stringMatching(/that is trusted; .*signed with a key/) },
  })
  const begun = board.add({ job: jobOf('web02'), revisit: null }, 0)
  say('r1', { kind: 'take' })
  const queued = board.add({ job: jobOf('web03'), revisit: null }, 0)
  for (let seconds = 0; seconds < 15; seconds += 1) {
    watch.heardStranger('it is signed with a key')
    await pass(1)
  }
  expect(board.waitingZones).toEqual(new Set(['eu']))
  board.giveUp(loss)
  await Promise.all([begun, queued])
})

test('a zone without a runner for the time, and a cut that nobody answers, end as well', async () => {
  const { board, world, watch, pass, say } = newWatch()
  const waiting = board.add({ job: jobOf('web01'), revisit: null }, 0)
  await pass(12)
  expect(await waiting).toMatchObject({
    status: 'failed',
    error: { message: expect.stringMatching(/no runner was at work in the zone eu/) },
  })
  const cut = board.add({ job: jobOf('web02'), revisit: null }, 0)
  world.present.add('r1')
  say('r1', { kind: 'take' })
  watch.cut()
  await pass(17)
  expect(await cut).toMatchObject({ status: 'failed', error: { kind: 'cancelled' } })
})
