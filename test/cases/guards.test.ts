import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { HostFacts } from '../../src/host/facts.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { guardNames, type GuardName } from '../../src/plan/rule.ts'
import { sizeWish } from '../../src/plan/size-wish.ts'
import type { Wish } from '../../src/playbook/wish.ts'
import { readHostCase } from './read-host-case.ts'

const defaults = { play: 'test', sysctls: [], persist: false, conflicts: 'report', module: 'leave' } as const

interface Guarded {
  readonly guard: GuardName
  readonly host: string
  readonly wish: Partial<Wish>
  /** What the host tells besides. */
  readonly tells?: Partial<HostFacts>
  /** What the refusal says. */
  readonly because: RegExp
  /** The key that is changed where it is permitted. */
  readonly changes: string
}

const max = 'net.netfilter.nf_conntrack_max'
const guarded: readonly Guarded[] = [
  {
    guard: 'max-below-count',
    host: 'debian9-4.9',
    wish: { max: 200_000 },
    because: /200000 is below the 240100 entries/,
    changes: max,
  },
  {
    guard: 'max-below-count',
    host: 'centos5-2.6.18',
    wish: { max: 60_000 },
    because: /60000 is below the 61204 entries/,
    changes: max,
  },
  {
    guard: 'little-headroom',
    host: 'ubuntu1804-4.15',
    wish: { max: 250_000 },
    because: /less than a tenth above the 240100/,
    changes: max,
  },
  {
    guard: 'no-limit',
    host: 'debian12-6.1',
    wish: { max: 0 },
    because: /no limit: whoever opens connections can take all the memory/,
    changes: max,
  },
  {
    guard: 'memory-share',
    host: 'openwrt-5.15',
    wish: { max: 262_144 },
    because: /102 MiB of 128 MiB, 80 %/,
    changes: max,
  },
  {
    guard: 'memory-share',
    host: 'openwrt-5.15',
    wish: { hashsize: { kind: 'buckets', buckets: 8_388_608 } },
    because: /8388608 buckets take 64 MiB of 128 MiB at once/,
    changes: 'hashsize',
  },
  {
    guard: 'big-resize',
    host: 'big-gateway-6.1',
    wish: { hashsize: { kind: 'max_divided_by', divisor: 1 } },
    because: /2000000 entries in it stops the host's network/,
    changes: 'hashsize',
  },
  {
    guard: 'risky-neighbour',
    host: 'kubernetes-node-5.15',
    wish: { sysctls: [{ key: 'net.ipv4.ip_forward', value: '0' }] },
    because: /the host stops routing/,
    changes: 'net.ipv4.ip_forward',
  },
  {
    guard: 'drain-in-use',
    host: 'debian12-6.1',
    wish: { drain: [{ protocol: 'tcp', port: 443 }] },
    tells: {
      drain: {
        matched: [5000],
        longestSeconds: [432000],
        isReadable: true,
        hasTool: true,
        knowsOwnSession: true,
      },
    },
    because: /connections that may be in use would be deleted: .*443/,
    changes: 'entries tcp to port 443',
  },
]

function planned({ host, wish, tells }: Guarded, allowed: readonly GuardName[]) {
  const facts = { ...readHostCase(host).facts, ...tells }
  return planHost(sizeWish({ ...defaults, ...wish }, facts, null), facts, new Set(allowed))
}

describe('guards', () => {
  test('each that a rule of plans refuses by stands here', () => {
    const rules = new URL('../../src/plan/rules/', import.meta.url)
    const sources = readdirSync(rules).map((name) => readFileSync(new URL(name, rules), 'utf8'))
    const used = sources.flatMap((text) =>
      [...text.matchAll(/refuse\(\s*'([a-z-]+)'/g)].map(([, name]) => name),
    )
    expect(new Set(guarded.map(({ guard }) => guard as string))).toEqual(new Set(used))
  })

  test.each(guarded)('$guard refuses on $host, with the reason and the way out', (one) => {
    const { verdict, changes, findings } = planned(one, [])
    expect({ verdict, changes }).toEqual({ verdict: 'refused', changes: [] })
    const finding = findings.find(({ code }) => code === one.guard)
    expect(finding?.message).toMatch(one.because)
    expect(finding?.hint).toContain(`--allow ${one.guard}`)
  })

  test.each(guarded)('$guard is lifted on $host by its own option, and by no other', (one) => {
    const { verdict, changes } = planned(one, [one.guard])
    expect(verdict).toBe('possible')
    expect(changes.map(({ key }) => key)).toContain(one.changes)
    const others = guardNames.filter((name) => name !== one.guard)
    expect(planned(one, others).verdict).toBe('refused')
  })
})

describe('what no option permits', () => {
  test.each([
    ['old-namespace-4.15', /belongs to the host of this container/],
    ['rhel7-namespace-3.10', /belongs to the host of this container/],
    ['privileged-pod-5.15', /belongs to the host of this container/],
    ['lxc-5.4', /belongs to the host of this container/],
    ['lxc-4.15', /they belong to the host of this container/],
  ])('max in the namespace of %s', (host, because) => {
    const { facts } = readHostCase(host)
    const wish = sizeWish({ ...defaults, max: 1_048_576 }, facts, null)
    const { verdict, changes, findings } = planHost(wish, facts, new Set(guardNames))
    expect({ verdict, changes }).toEqual({ verdict: 'unsupported', changes: [] })
    expect(findings.find(({ code }) => code === 'not-our-namespace')?.message).toMatch(because)
  })

  test('a value that this kernel refuses and others take', () => {
    const { facts } = readHostCase('kubernetes-node-5.15')
    const sysctls = [{ key: 'net.netfilter.nf_conntrack_events', value: '2' }]
    const { verdict, changes, findings } = planHost(
      sizeWish({ ...defaults, sysctls }, facts, null),
      facts,
      new Set(),
    )
    expect({ verdict, changes }).toEqual({ verdict: 'unsupported', changes: [] })
    expect(findings[0]?.message).toContain('would not take 2 for net.netfilter.nf_conntrack_events')
  })

  test('a table, on a kernel that has none to load', () => {
    const facts = { ...readHostCase('ubuntu1604-unloaded-4.4').facts, lacksModule: true }
    const { verdict, changes, findings } = planHost(
      sizeWish({ ...defaults, max: 131_072, persist: true, module: 'load' }, facts, null),
      facts,
      new Set(guardNames),
    )
    expect({ verdict, changes }).toEqual({ verdict: 'unsupported', changes: [] })
    expect(findings[0]?.message).toContain('/lib/modules/4.4.0-210-generic holds no nf_conntrack')
  })

  test('no limit, on a kernel that always has one', () => {
    const { facts } = readHostCase('fedora-6.19')
    const { verdict, changes, findings } = planHost(
      sizeWish({ ...defaults, max: 0 }, facts, null),
      facts,
      new Set(guardNames),
    )
    expect({ verdict, changes }).toEqual({ verdict: 'unsupported', changes: [] })
    expect(findings.map(({ message }) => message)).toContain(
      `Linux ${facts.kernel} refuses a max of 0: from 6.19 on there is always a limit`,
    )
  })

  test.each([
    ['4.15.0-213-generic', 'net.netfilter.nf_conntrack_expect_max', 'unsupported'],
    ['2.6.32-754.el6.x86_64', 'net.netfilter.nf_conntrack_udp_timeout', 'unsupported'],
    ['4.15.0-213-generic', 'net.netfilter.nf_conntrack_udp_timeout', 'possible'],
  ])('a namespace on %s and %s: %s', (kernel, key, expected) => {
    const facts = { ...readHostCase('old-namespace-4.15').facts, kernel }
    const wish = sizeWish({ ...defaults, sysctls: [{ key, value: '7' }] }, facts, null)
    expect(planHost(wish, facts, new Set(guardNames)).verdict).toBe(expected)
  })

  test('a timeout in a namespace is its own, and is set', () => {
    const { facts } = readHostCase('privileged-pod-5.15')
    const sysctls = [{ key: 'net.netfilter.nf_conntrack_udp_timeout', value: '20' }]
    const { verdict, changes } = planHost(sizeWish({ ...defaults, sysctls }, facts, null), facts, new Set())
    expect(verdict).toBe('possible')
    expect(changes.map(({ after }) => after)).toEqual(['20'])
  })
})
