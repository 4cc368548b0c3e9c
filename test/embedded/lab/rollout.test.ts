import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inThisThread } from '../../../src/fleet/host-executor.ts'
import type { HostJob, Manner } from '../../../src/fleet/remedy-host.ts'
import type { RunEvent } from '../../../src/fleet/run-event.ts'
import { runPlays } from '../../../src/fleet/run-plays.ts'
import { wishRemedy } from '../../../src/fleet/wish-remedy.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import type { Fault } from '../../../src/lab/fault.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import { allAtOnce, type Rollout } from '../../../src/playbook/rollout.ts'
import type { Wish } from '../../../src/playbook/wish.ts'
import { freshLab, never, targetOf } from './fresh-lab.ts'

const web = conditions.filter(({ name }) => name === 'web')
const wish: Wish = {
  play: 'raise',
  max: 300_000,
  sysctls: [],
  persist: false,
  conflicts: 'report',
  module: 'leave',
}
const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'
const statisticsFile = 'proc/net/stat/nf_conntrack'

async function labOf(copies: number, faults: Readonly<Record<string, Fault>> = {}): Promise<Lab> {
  return freshLab({ conditions: web, copies, faults })
}

function jobsOf(lab: Lab): readonly HostJob[] {
  return lab.hosts.map((host) => ({
    label: { host: host.name, play: 'raise' },
    target: targetOf(lab, host, { connectSeconds: 2, loginSeconds: 5 }),
    remedy: wishRemedy(wish),
    confirmSeconds: null,
  }))
}

const plainly: Omit<Manner, 'mode'> = {
  scope: 'plan',
  allowed: new Set(),
  historyOf: () => ({ earlier: null, points: [], nowSeconds: 0 }),
  peakCountOf: () => null,
  who: 'a test',
  signal: never,
  onStage: () => {},
  onPlanned: async () => true,
}

async function roll(
  lab: Lab,
  rollout: Partial<Rollout>,
  {
    onEvent = () => {},
    mode = 'apply',
    forks = 10,
    stopping = never,
  }: {
    onEvent?: (event: RunEvent) => void
    mode?: Manner['mode']
    forks?: number
    stopping?: AbortSignal
  } = {},
) {
  const results = await runPlays(
    [{ play: 'raise', become: null, rollout: { ...allAtOnce, ...rollout }, jobs: jobsOf(lab) }],
    {
      forks,
      stopping,
      onEvent,
      random: () => 0.5,
      isDryRun: mode === 'read',
      executor: inThisThread({ ...plainly, mode }),
    },
  )
  return { results, statuses: results.map(({ host, status }) => `${host} ${status}`) }
}

/** The live max of each host of the lab. */
function maxima(lab: Lab): readonly string[] {
  return lab.hosts.map(({ root }) => readFileSync(join(root, maxFile), 'utf8').trim())
}

const serial = [
  { unit: 'hosts', amount: 1 },
  { unit: 'percent', amount: 40 },
  { unit: 'percent', amount: 100 },
] as const

describe('batches', () => {
  test('go one after the other, and all hosts are done', async () => {
    const lab = await labOf(10)
    const sizes: number[] = []
    const open = new Set<string>()
    const { results } = await roll(
      lab,
      { serial },
      {
        onEvent: (event) => {
          if (event.kind === 'batch_started') {
            expect(open.size).toBe(0)
            sizes.push(event.hosts)
            lab.hosts.forEach(({ name }, index) => {
              const end = sizes.reduce((sum, size) => sum + size, 0)
              if (index < end && index >= end - event.hosts) open.add(name)
            })
          }
          if (event.kind === 'host_finished') expect(open.delete(event.result.host)).toBe(true)
        },
      },
    )
    expect(sizes).toEqual([1, 4, 5])
    expect(results.every(({ status }) => status === 'changed')).toBe(true)
    expect(new Set(maxima(lab))).toEqual(new Set(['300000']))
  })

  test('a canary that fails stops all the others, which stay untouched', async () => {
    const lab = await labOf(10, { web01: { kind: 'down' } })
    const before = maxima(lab)
    const { results, statuses } = await roll(lab, { serial })
    expect(statuses[0]).toBe('web01 unreachable')
    expect(statuses.slice(1).every((text) => text.endsWith(' skipped'))).toBe(true)
    expect(results[5]?.findings[0]).toMatchObject({
      code: 'not-reached',
      message:
        'not reached: the run was stopped before its turn: in batch 1 of "raise", 1 of 1 host failed, and none of a batch may',
    })
    expect(maxima(lab)).toEqual(before)
  })

  test('as many may fail as the limit lets, unreachable ones counted', async () => {
    const lab = await labOf(10, { web02: { kind: 'down' }, web03: { kind: 'refuses_key' } })
    const { statuses } = await roll(lab, {
      serial: [{ unit: 'hosts', amount: 5 }],
      maxFailPercentage: 40,
    })
    expect(statuses.filter((text) => text.endsWith('changed'))).toHaveLength(8)
    expect(statuses.filter((text) => text.endsWith('skipped'))).toHaveLength(0)
  })

  test('one more than the limit stops in the middle of a batch, before its other hosts are begun', async () => {
    const lab = await labOf(10, { web01: { kind: 'down' }, web02: { kind: 'down' } })
    const { statuses } = await roll(lab, { maxFailPercentage: 10 }, { forks: 1 })
    expect(statuses.slice(0, 2)).toEqual(['web01 unreachable', 'web02 unreachable'])
    expect(statuses.slice(2).every((text) => text.endsWith('skipped'))).toBe(true)
  })

  test('without serial and limit, no host stops another', async () => {
    const lab = await labOf(4, { web01: { kind: 'down' } })
    const { statuses } = await roll(lab, {}, { forks: 1 })
    expect(statuses.filter((text) => text.endsWith('changed'))).toHaveLength(3)
  })

  test('a dry run reads all hosts, whatever fails', async () => {
    const lab = await labOf(4, { web01: { kind: 'down' } })
    const { statuses } = await roll(lab, { serial }, { mode: 'read' })
    expect(statuses.filter((text) => text.endsWith('pending'))).toHaveLength(3)
  })

  test('no more hosts at once than throttle says', async () => {
    const lab = await labOf(6)
    let running = 0
    let most = 0
    await runPlays(
      [{ play: 'raise', become: null, rollout: { ...allAtOnce, throttle: 2 }, jobs: jobsOf(lab) }],
      {
        forks: 50,
        stopping: never,
        onEvent: (event) => {
          if (event.kind === 'host_finished') running -= 1
        },
        random: () => 0,
        isDryRun: true,
        executor: inThisThread({
          ...plainly,
          mode: 'read',
          onStage: (_, stage) => {
            if (stage === 'connect') running += 1
            most = Math.max(most, running)
          },
        }),
      },
    )
    expect(most).toBe(2)
  })
})

describe('evidence before the next batch', () => {
  const twoBatches = { serial: [{ unit: 'hosts', amount: 1 }], settleSeconds: 1 } as const

  test('a value that is set back while the batch settles stops the rollout', async () => {
    const lab = await labOf(3)
    const [first] = lab.hosts
    const revised: RunEvent[] = []
    const { results, statuses } = await roll(lab, twoBatches, {
      onEvent: (event) => {
        if (event.kind === 'waiting' && first) writeFileSync(join(first.root, maxFile), '1000\n')
        if (event.kind === 'host_revised') revised.push(event)
      },
    })
    expect(statuses).toEqual(['web01 failed', 'web02 skipped', 'web03 skipped'])
    expect(results[0]?.error).toMatchObject({
      kind: 'not_verified',
      message: '1 s after the change, net.netfilter.nf_conntrack_max is 1000, not 300000',
    })
    expect(results[0]?.changes.filter(({ state }) => state === 'failed').map(({ key }) => key)).toEqual([
      'net.netfilter.nf_conntrack_max',
    ])
    expect(revised).toMatchObject([{ before: 'changed', result: { host: 'web01', status: 'failed' } }])
  })

  test('drops that go on stop the rollout', async () => {
    const lab = await labOf(3)
    const [first] = lab.hosts
    const { results, statuses } = await roll(lab, twoBatches, {
      onEvent: (event) => {
        if (event.kind !== 'waiting' || first === undefined) return
        const file = join(first.root, statisticsFile)
        const [header = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
        const column = header.trim().split(/\s+/).indexOf('drop')
        const cells = (rows[0] ?? '').trim().split(/\s+/)
        cells[column] = (Number.parseInt(cells[column] ?? '0', 16) + 255).toString(16).padStart(8, '0')
        writeFileSync(file, `${[header, cells.join(' '), ...rows.slice(1)].join('\n')}\n`)
      },
    })
    expect(statuses).toEqual(['web01 failed', 'web02 skipped', 'web03 skipped'])
    expect(results[0]?.error).toMatchObject({ kind: 'still_dropping' })
    expect(results[0]?.error?.message).toContain('255 more packets of new connections were dropped')
  })

  test('a calm batch lets the next one begin', async () => {
    const lab = await labOf(3)
    const { statuses } = await roll(lab, twoBatches)
    expect(statuses.every((text) => text.endsWith('changed'))).toBe(true)
  })

  test('a host that is gone when it is read again counts as failed', async () => {
    const lab = await labOf(2)
    const { statuses } = await roll(lab, twoBatches, {
      onEvent: (event) => {
        if (event.kind === 'waiting') void lab.stop()
      },
    })
    expect(statuses).toEqual(['web01 unreachable', 'web02 skipped'])
  })

  test('a stop ends the wait at once, and the results stay', async () => {
    const lab = await labOf(2)
    const stop = new AbortController()
    const { statuses } = await roll(
      lab,
      { ...twoBatches, settleSeconds: 3600 },
      {
        stopping: stop.signal,
        onEvent: (event) => {
          if (event.kind === 'waiting') stop.abort()
        },
      },
    )
    expect(statuses).toEqual(['web01 changed', 'web02 skipped'])
  })
})

test('what does not hold is told at the end', async () => {
  const lab = await labOf(3)
  const [, second] = lab.hosts
  const { statuses } = await roll(
    lab,
    { holdSeconds: 1 },
    {
      onEvent: (event) => {
        if (event.kind === 'waiting' && second) writeFileSync(join(second.root, maxFile), '1000\n')
      },
    },
  )
  expect(statuses).toEqual(['web01 changed', 'web02 failed', 'web03 changed'])
})
