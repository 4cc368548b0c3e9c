import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyChanges } from '../../../src/host/apply-changes.ts'
import type { HostFacts } from '../../../src/host/facts.ts'
import { readHost } from '../../../src/host/read-host.ts'
import { readingFor } from '../../../src/host/reading.ts'
import type { Condition } from '../../../src/lab/condition.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { fingerprint } from '../../../src/lab/fingerprint.ts'
import type { Change, HostPlan } from '../../../src/plan/change.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import type { Wish } from '../../../src/playbook/wish.ts'
import { HostFailure } from '../../../src/ssh/failure.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import { freshLab, hostNamed, never, targetOf, plainly } from './fresh-lab.ts'

function planFor(wish: Wish, facts: HostFacts): HostPlan {
  return planHost(sizeWish(wish, facts, null), facts, new Set())
}

/** What playbooks/relieve-now.yml asks for, and one timeout that not every kernel has. */
const wish: Wish = {
  play: 'Relieve',
  max: 524_288,
  sysctls: [],
  persist: true,
  conflicts: 'report',
  module: 'leave',
}
const gre = { key: 'net.netfilter.nf_conntrack_gre_timeout', value: '20' }

const table = ['hashsize', 'max']
const files = ['sysctl.d', 'modprobe.d', 'modules-load.d']

interface Row {
  readonly host: string
  readonly read: string
  readonly changes: readonly string[]
  readonly findings: readonly string[]
  readonly verdict?: string
}

const reachable: readonly Row[] = [
  {
    host: 'web02',
    read: 'debian 12, nf loaded: 60887 of 65536 in 65536 buckets, 1204 dropped',
    changes: [...table, ...files],
    findings: [],
  },
  {
    host: 'edge',
    read: 'rhel 9.4, nf loaded: 31120 of 65536 in 16384 buckets, 0 dropped',
    changes: [...table, ...files],
    findings: [],
  },
  {
    host: 'ubuntu',
    read: 'ubuntu 22.04, nf loaded: 12003 of 65536 in 65536 buckets, 0 dropped',
    changes: [...table, ...files],
    findings: ['other-assignment'],
  },
  {
    host: 'overridden',
    read: 'ubuntu 24.04, nf loaded: 9127 of 65536 in 65536 buckets, 0 dropped',
    changes: [...table, ...files],
    findings: ['overridden-at-boot'],
  },
  {
    host: 'alpine',
    read: 'alpine 3.20.2, nf builtin: 3310 of 65536 in 65536 buckets, 0 dropped',
    changes: [...table, 'sysctl.d'],
    findings: [],
  },
  {
    host: 'fresh',
    read: 'debian 13, none absent: null of null in null buckets, undefined dropped',
    changes: files,
    findings: ['module-not-loaded'],
  },
  {
    host: 'centos7',
    read: 'centos 7, nf loaded: 22840 of 65536 in 16384 buckets, 0 dropped',
    changes: [...table, ...files],
    findings: [],
  },
  {
    host: 'centos5',
    read: ' , ip loaded: 41002 of 65536 in 8192 buckets, 0 dropped',
    // Nothing there reads a folder of settings.
    changes: [...table, 'modules'],
    findings: [],
  },
  {
    host: 'relieved',
    read: 'debian 12, nf loaded: 5212 of 524288 in 524288 buckets, 0 dropped',
    changes: [],
    findings: [],
  },
  {
    host: 'prevented',
    read: 'debian 12, nf loaded: 5212 of 262144 in 262144 buckets, 0 dropped',
    changes: [...table, 'sysctl.d', 'modprobe.d'],
    findings: [],
  },
  {
    host: 'readonly',
    read: 'debian 12, nf loaded: 5212 of 65536 in 65536 buckets, 0 dropped',
    changes: [],
    findings: ['boot-not-known', 'read-only'],
    verdict: 'unsupported',
  },
  {
    host: 'netns',
    read: 'ubuntu 22.04, nf loaded: 244 of 65536 in 65536 buckets, 0 dropped',
    changes: [],
    findings: ['not-our-namespace'],
    verdict: 'unsupported',
  },
]

const unreachable = [
  ['keyless', 'auth', 'login'],
  ['reinstalled', 'host_key_changed', 'connect'],
  ['down', 'refused', 'connect'],
] as const

const some = (...names: readonly string[]): readonly Condition[] =>
  conditions.filter(({ name }) => names.includes(name))

test('every condition of the lab is tried here', () => {
  const tried = [
    ...reachable.map(({ host }) => host.replace(/\d+$/, '')),
    ...unreachable.map(([host]) => host),
  ]
  expect(conditions.map(({ name }) => name.replace(/\d+$/, '')).sort()).toEqual(tried.sort())
})

describe('read, plan, apply, plan again', () => {
  test.each(reachable)('$host', async ({ host: name, read, changes, findings, verdict = 'possible' }) => {
    const condition = conditions.filter((candidate) => name.startsWith(candidate.name))
    const lab = await freshLab({ conditions: condition })
    const host = hostNamed(lab, name)
    const before = fingerprint(host.root)
    await using session = await openSession(targetOf(lab, host), never)
    const reading = readingFor(wish)
    const facts = await readHost(session, reading)
    expect(shown(facts)).toBe(read)
    expect(facts.uid, 'the host believes that its shell is root').toBe(0)
    expect(facts.kernel).toBe(host.condition.kernel)
    expect(facts.memoryTotalBytes).toBe(host.condition.memoryGib * 2 ** 30)

    const plan = planFor(wish, facts)
    expect(plan.verdict).toBe(verdict)
    expect(plan.changes.map(({ path }) => shortPath(path))).toEqual(changes)
    expect(codes(plan)).toEqual(findings)
    expect(fingerprint(host.root), 'reading changes nothing').toBe(before)

    const applied = await applyChanges(session, plainly(plan.changes), reading)
    expect(applied.failure).toBeNull()
    expect(applied.done.size).toBe(plan.changes.length)
    const left = planFor(wish, applied.facts)
    expect(left.changes).toEqual([])
    expect(codes(left)).toEqual(findings)
    expect(fingerprint(host.root) === before, 'the files are those of before').toBe(changes.length === 0)
    for (const { path, after } of plan.changes)
      expect(readFileSync(join(host.root, path), 'utf8').trimEnd()).toBe(after?.trimEnd())
  })

  test.each(unreachable)('%s fails with %s at %s', async (name, kind, stage) => {
    const lab = await freshLab({ conditions: some(name) })
    const failure: unknown = await openSession(targetOf(lab, hostNamed(lab, name)), never).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(HostFailure)
    expect(failure).toMatchObject({ kind, stage })
  })
})

test('a key that the kernel lacks is said to be missing, by its age', async () => {
  const lab = await freshLab({ conditions: some('edge', 'centos7', 'centos5') })
  const wished = { ...wish, sysctls: [gre] }
  const missing = await Promise.all(
    ['edge', 'centos7', 'centos5'].map(async (name) => {
      await using session = await openSession(targetOf(lab, hostNamed(lab, name)), never)
      const plan = planFor(wished, await readHost(session, readingFor(wished)))
      return codes(plan).includes('key-missing')
    }),
  )
  expect(missing).toEqual([false, true, true])
})

test('one variable under two names changes under both', async () => {
  const lab = await freshLab({ conditions: some('edge', 'web', 'centos5') })
  const read = (name: string, path: string): string =>
    readFileSync(join(hostNamed(lab, name).root, path), 'utf8').trim()
  await Promise.all(
    ['edge', 'web01', 'centos5'].map(async (name) => {
      await using session = await openSession(targetOf(lab, hostNamed(lab, name)), never)
      const reading = readingFor(wish)
      const plan = planFor(wish, await readHost(session, reading))
      await applyChanges(session, plainly(plan.changes), reading)
    }),
  )
  expect(read('edge', '/proc/sys/net/nf_conntrack_max')).toBe('524288')
  expect(read('web01', '/proc/sys/net/netfilter/nf_conntrack_buckets')).toBe('524288')
  expect(read('centos5', '/proc/sys/net/ipv4/netfilter/ip_conntrack_max')).toBe('524288')
  expect(read('centos5', '/proc/sys/net/ipv4/netfilter/ip_conntrack_buckets')).toBe('131072')
})

const loading: Change = {
  kind: 'module',
  key: 'nf_conntrack',
  path: 'nf_conntrack',
  before: null,
  after: 'loaded',
  reason: 'the test asks for it',
}

test('a module is loaded with the hashsize that modprobe.d gives it, and a max of eight times that', async () => {
  const lab = await freshLab({ conditions: some('fresh') })
  await using session = await openSession(targetOf(lab, hostNamed(lab, 'fresh')), never)
  const reading = readingFor(wish)
  const { changes } = planFor(wish, await readHost(session, reading))
  await applyChanges(session, plainly(changes), reading)

  const { facts, failure } = await applyChanges(session, plainly([loading]), reading)
  expect(failure).toBeNull()
  expect([facts.family, facts.module, facts.hasAlias]).toEqual(['nf', 'loaded', true])
  expect([facts.hashsize, facts.max]).toEqual([524_288, 8 * 524_288])
})

test('a play that loads the module leaves nothing to plan', async () => {
  const lab = await freshLab({ conditions: some('fresh') })
  await using session = await openSession(targetOf(lab, hostNamed(lab, 'fresh')), never)
  const reading = readingFor(wish)
  const eager: Wish = { ...wish, module: 'load' }
  const plan = planFor(eager, await readHost(session, reading))
  const { facts } = await applyChanges(session, plainly(plan.changes), reading)
  expect(planFor(eager, facts).changes).toEqual([])
  expect(facts.max).toBe(524_288)
})

test('a module that is not there cannot be loaded', async () => {
  const lab = await freshLab({ conditions: some('centos5') })
  await using session = await openSession(targetOf(lab, hostNamed(lab, 'centos5')), never)
  const { failure } = await applyChanges(session, plainly([loading]), readingFor(wish))
  expect(failure?.message).toBe(
    'modprobe nf_conntrack: modprobe: FATAL: Module nf_conntrack not found in directory /lib/modules/2.6.18-419.el5',
  )
})

test('a value that somebody changes between reading and writing is named, and nothing is changed', async () => {
  const lab = await freshLab({ conditions: some('edge') })
  const edge = hostNamed(lab, 'edge')
  await using session = await openSession(targetOf(lab, edge), never)
  const reading = readingFor(wish)
  const { changes } = planFor(wish, await readHost(session, reading))
  writeFileSync(join(edge.root, '/proc/sys/net/netfilter/nf_conntrack_max'), '77777\n')
  const before = fingerprint(edge.root)
  const { failure } = await applyChanges(session, plainly(changes), reading)
  expect(failure).toMatchObject({
    kind: 'moved',
    message: 'moved since it was read: net.netfilter.nf_conntrack_max from 65536 to 77777',
  })
  expect(fingerprint(edge.root)).toEqual(before)
})

function shown({ os, family, module, count, max, hashsize, statistics }: HostFacts): string {
  return `${os.id} ${os.version}, ${family} ${module}: ${count} of ${max} in ${hashsize} buckets, ${statistics['drop']} dropped`
}

function codes({ findings }: HostPlan): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))].sort()
}

/** `max`, `hashsize`, or the folder of one of our files. */
function shortPath(path: string): string {
  return /(max|hashsize)$/.exec(path)?.[1] ?? path.split('/').at(-2) ?? path
}
