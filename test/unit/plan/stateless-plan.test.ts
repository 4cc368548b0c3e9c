import { describe, expect, test } from 'vitest'
import { type Dialect, iptablesDialect, nftDialect } from '../../../src/kernel/firewall/dialect.ts'
import type { Service } from '../../../src/kernel/firewall/service.ts'
import { describeSpot } from '../../../src/kernel/firewall/walk.ts'
import { type StatelessPlan, statelessPlan } from '../../../src/plan/firewall/stateless-plan.ts'

const web: Service = { direction: 'in', protocol: 'tcp', ports: [80, 80], addresses: null }

function planOf(dialect: Dialect, listing: string): StatelessPlan {
  return statelessPlan(dialect, {
    listing,
    services: [web],
    sshPort: 22,
    allowed: new Set(),
    foreign: new Set(),
  })
}

/** A table of nftables whose `input` has these rules, and what else stands in it. */
const nft = (input: string, ...more: readonly string[]): string =>
  [
    'table inet filter {',
    ...more,
    '\tchain input {',
    '\t\ttype filter hook input priority filter; policy drop;',
    ...input.split('\n').map((rule) => `\t\t${rule}`),
    '\t}',
    '}',
    '',
  ].join('\n')

/** The filter table of iptables, with a chain `web`. */
const saved = (...rules: readonly string[]): string =>
  ['*filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':web - [0:0]', ...rules, 'COMMIT', ''].join('\n')
const ip = iptablesDialect('ip')

describe('a chain to which packets come from FORWARD as well is none that is rewritten', () => {
  const opens = [{ guard: 'stateless-opens', why: expect.stringContaining('forward') }]

  test.each([
    'tcp dport 80 jump web',
    'tcp dport 80 goto web',
    // Verdict maps, whatever they look up.
    'tcp dport vmap { 80 : jump web, 443 : accept }',
    'meta mark vmap { 0x00000001 : jump web }',
    'iifname . oifname vmap { "a" . "b" : goto web }',
    'ct status vmap { dnat : jump web }',
    'numgen random mod 2 vmap { 0 : jump web }',
    // What stands in a map of its own is not known.
    'tcp dport vmap @ports',
  ])('%s', (rule) => {
    const forward = ['\tchain forward {', '\t\ttype filter hook forward priority filter; policy drop;']
    const chain = ['\tchain web {', '\t\ttcp dport 80 ct state new accept', '\t}']
    const listing = nft('jump web', ...forward, `\t\t${rule}`, '\t}', ...chain)
    expect(planOf(nftDialect, listing)).toMatchObject({ rewritings: [], left: opens })
    expect(planOf(nftDialect, listing.replace(rule, 'accept')).rewritings).toHaveLength(1)
  })

  test.each(['-j', '-g'])('%s web', (option) => {
    const listing = saved(
      ...['-A INPUT -j web', `-A FORWARD -i eth1 ${option} web`],
      '-A web -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT',
    )
    expect(planOf(ip, listing)).toMatchObject({ rewritings: [], left: opens })
  })
})

describe('a service that is let in by its state without a rule for it alone', () => {
  const accept = '-A web -p tcp -m tcp --dport 80 -j ACCEPT'
  const ends = (plan: StatelessPlan): readonly string[] => [...plan.bound.values()].map(describeSpot)

  test('is told with where it ends: behind a jump for new connections, or before it', () => {
    const jump = planOf(ip, saved('-A INPUT -m state --state NEW -j web', accept))
    expect(jump).toMatchObject({ rewritings: [], left: [] })
    expect(ends(jump)).toEqual(['the policy of ip filter INPUT'])
    const free = planOf(ip, saved('-A INPUT -j web', accept))
    expect(free).toMatchObject({ rewritings: [], left: [], bound: new Map() })

    const first = planOf(nftDialect, nft('ct state invalid,untracked drop\ntcp dport 80 ct state new accept'))
    expect(first.rewritings).toHaveLength(1)
    expect(ends(first)).toEqual(['inet filter input: ct state invalid,untracked drop'])

    const before = ['\tchain early {', '\t\ttype filter hook prerouting priority filter; policy drop;']
    const early = nft('tcp dport 80 accept', ...before, '\t\ttcp dport 80 ct state new accept', '\t}')
    expect(ends(planOf(nftDialect, early))).toEqual(['the policy of inet filter early'])
  })

  test('is none where only new connections meet a limit: what lets in more is not needed', () => {
    const recent = '-A INPUT -p tcp -m state --state NEW -m recent --update --seconds 60 --name a -j DROP'
    const own = '-A INPUT -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT'
    const wide = '-A INPUT -p tcp -m state --state NEW -m multiport --dports 80,99 -j ACCEPT'
    const plan = planOf(ip, saved(recent, own, wide))
    expect(plan.rewritings).toHaveLength(1)
    expect(plan).toMatchObject({ left: [], bound: new Map() })
  })
})

test('two thousand rules of a service are judged in seconds', () => {
  const rule = (at: number): string =>
    `-s 10.0.${at >> 8}.${at & 255}/32 -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT`
  const started = process.cpuUsage().user
  const { rewritings } = planOf(ip, saved(...Array.from({ length: 2000 }, (_, at) => `-A INPUT ${rule(at)}`)))
  expect(rewritings).toHaveLength(2000)
  expect((process.cpuUsage().user - started) / 1e6).toBeLessThan(4)
})
