import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import { type WatchedFleet, watchFleet } from '../../../src/watch/watch-fleet.ts'
import type { WatchedHost } from '../../../src/watch/watched-host.ts'
import { freshLab, hostNamed, targetOf } from './fresh-lab.ts'

const kinds = (...names: string[]) => conditions.filter(({ name }) => names.includes(name))

/** Watches the hosts of a lab five times a second, until the test is over. */
function watch(
  lab: Lab,
  once = false,
): { fleet: WatchedFleet; end: () => Promise<void>; host: (name: string) => WatchedHost } {
  const ending = new AbortController()
  const fleet = watchFleet(
    lab.hosts.map((host) => targetOf(lab, host)),
    {
      intervalSeconds: 0.2,
      once,
      forks: 10,
      signal: ending.signal,
      clock: () => performance.now() / 1000,
      random: () => 0,
      onNews: () => {},
    },
  )
  const end = async (): Promise<void> => {
    ending.abort()
    await fleet.ended
  }
  onTestFinished(end)
  const host = (name: string): WatchedHost => {
    const found = fleet.hosts.find((candidate) => candidate.host === name)
    if (found === undefined) throw new Error(`no host ${name}`)
    return found
  }
  return { fleet, end, host }
}

async function until(what: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!what()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what.toString()}`)
    await setTimeout(20)
  }
}

function setCount(lab: Lab, name: string, count: number): void {
  const file = join(hostNamed(lab, name).root, 'proc/sys/net/netfilter/nf_conntrack_count')
  chmodSync(file, 0o644)
  writeFileSync(file, `${count}\n`)
}

test('a look at every kind of host, whatever is wrong with it', async () => {
  const lab = await freshLab({ conditions: kinds('edge', 'centos5', 'fresh', 'keyless', 'down') })
  const { fleet, host } = watch(lab, true)
  await fleet.ended
  expect(fleet.hosts.map(({ host: name, state }) => [name, state])).toEqual([
    ['edge', 'live'],
    ['fresh', 'no_table'],
    ['centos5', 'live'],
    ['keyless', 'refused'],
    ['down', 'lost'],
  ])
  expect(host('edge').history.trend()?.sample).toMatchObject({ count: 31_120, max: 65_536, drop: 0 })
  expect(host('centos5').history.trend()?.sample.count).toBe(41_002)
  expect(host('keyless').error?.kind).toBe('auth')
})

test('numbers are followed over one connection, which is made again when it is lost', async () => {
  const lab = await freshLab({ conditions: kinds('edge'), copies: 1 })
  const { host } = watch(lab)
  const edge = host('edge01')
  await until(() => edge.history.counts().length >= 2)
  setCount(lab, 'edge01', 40_000)
  await until(() => edge.history.counts().at(-1) === 40_000)
  expect(edge.history.counts()[0]).toBe(31_120)
  lab.cutConnections()
  await until(() => edge.failures > 0)
  expect(edge).toMatchObject({ state: 'lost', error: { kind: 'dropped' } })
  const looks = edge.history.counts().length
  await until(() => edge.state === 'live' && edge.history.counts().length > looks)
  expect(edge.error).toBeNull()
})

test('a host that refuses us is asked again only when somebody wishes it', async () => {
  const lab = await freshLab({ conditions: kinds('keyless') })
  const { fleet, host, end } = watch(lab)
  await until(() => host('keyless').state === 'refused')
  await setTimeout(600)
  expect(host('keyless').failures).toBe(1)
  fleet.retry()
  await until(() => host('keyless').failures === 2)
  await end()
})
