import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { iptablesDialect, nftDialect } from '../../../../src/kernel/firewall/dialect.ts'
import { likenessOf } from '../../../../src/kernel/firewall/likeness.ts'
import { iptablesRule, nftRule } from '../../../../src/kernel/firewall/our-rules.ts'
import type { Stripped } from '../../../../src/kernel/firewall/rewriting.ts'
import type { FirewallRule } from '../../../../src/kernel/firewall/ruleset.ts'
import { stripIptables } from '../../../../src/kernel/firewall/strip-iptables.ts'
import { stripNft } from '../../../../src/kernel/firewall/strip-nft.ts'

const said = (stripped: Stripped): string => (stripped.ok ? stripped.text : `left: ${stripped.why}`)

describe('a rule of iptables without its state', () => {
  test.each([
    // The rule of a thousand pages, as they have it and as iptables-save prints it.
    ['-m state --state NEW -m tcp -p tcp --dport 80 -j ACCEPT', '-m tcp -p tcp --dport 80 -j ACCEPT'],
    ['-p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT', '-p tcp -m tcp --dport 80 -j ACCEPT'],
    ['-p tcp --dport 80 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT', '-p tcp --dport 80 -j ACCEPT'],
    [
      '-s 10.0.0.0/8 -i eth0 -p udp -m multiport --dports 53,5353 -m conntrack --ctstate NEW -m comment --comment "dns  \\"in\\"" -j ACCEPT',
      '-s 10.0.0.0/8 -i eth0 -p udp -m multiport --dports 53,5353 -m comment --comment "dns  \\"in\\"" -j ACCEPT',
    ],
    ['-p tcp -m state --dport 80 --state NEW -j ACCEPT', '-p tcp --dport 80 -j ACCEPT'],
  ])('%s', (rule, without) => expect(said(stripIptables(rule))).toBe(without))

  test.each([
    ['-p tcp -m tcp --dport 80 -j ACCEPT', 'it looks at no state'],
    ['-m state --state RELATED,ESTABLISHED -j ACCEPT', 'it is none for connections that begin'],
    ['-p tcp --dport 80 -m state ! --state INVALID -j ACCEPT', 'one of its matches is negated'],
    ['! -s 10.0.0.0/8 -p tcp --dport 80 -m state --state NEW -j ACCEPT', 'one of its matches is negated'],
    ['-p tcp --dport 80 -m conntrack --ctstate NEW,DNAT -j ACCEPT', 'it looks at dnat as well'],
    [
      '-p tcp --dport 80 -m state --state NEW -m limit --limit 5/sec -j ACCEPT',
      'it also looks at `-m limit`',
    ],
    [
      '-p tcp --dport 80 -m state --state NEW -m set --match-set a src -j ACCEPT',
      'it also looks at `-m set`',
    ],
    ['-p tcp --syn --dport 80 -m state --state NEW -j ACCEPT', 'it also looks at `--syn`'],
    ['-p tcp --dport 80 -m state --state NEW -j web', 'it leads to web'],
    [
      '-p tcp --dport 80 -m state --state NEW -m conntrack --ctstate NEW -j ACCEPT',
      'it looks at states twice',
    ],
    [
      '-p tcp --dport 80 -m conntrack --ctstate NEW --ctorigdstport 8 -j ACCEPT',
      'it also looks at `--ctorigdstport`',
    ],
    // What a comment says is no option, and what looks like one is not trusted.
    [
      '-p tcp -m state --state NEW -m comment --comment "--dport 80" -j ACCEPT',
      '`--comment` is not understood in it',
    ],
    ['-p tcp --dport 80 -m state --state NEW -m comment --comment it is -j ACCEPT', 'it also looks at `is`'],
  ])('%s stays', (rule, why) => expect(said(stripIptables(rule))).toBe(`left: ${why}`))
})

describe('a rule of nftables without its state', () => {
  test.each([
    ['tcp dport 80 ct state new accept', 'tcp dport 80 accept'],
    ['ct state new tcp dport { 80, 443 } counter accept', 'tcp dport { 80, 443 } counter accept'],
    [
      'tcp dport 80 ct state { new, established } accept comment "a # b"',
      'tcp dport 80 accept comment "a # b"',
    ],
    [
      'iifname "eth0" ip saddr 10.0.0.0/8 udp dport 53 ct state new,untracked counter packets 1 bytes 2 accept',
      'iifname "eth0" ip saddr 10.0.0.0/8 udp dport 53 counter packets 1 bytes 2 accept',
    ],
    [
      'meta l4proto { tcp, udp } th dport 53 ct state established,new accept',
      'meta l4proto { tcp, udp } th dport 53 accept',
    ],
  ])('%s', (rule, without) => expect(said(stripNft(rule))).toBe(without))

  test.each([
    ['tcp dport 80 accept', 'it looks at no state'],
    ['ct state established,related accept', 'it is none for connections that begin'],
    ['ct state vmap { new : accept }', '`vmap` is not understood in it'],
    ['tcp dport 80 ct state != invalid accept', 'one of its matches is negated'],
    ['tcp dport @web ct state new accept', 'what is in the set @web is not known'],
    ['tcp dport { 80 : 1 } ct state new accept', '`:` is not understood in it'],
    ['tcp dport 80 ct state new limit rate 5/second accept', 'it also looks at `limit rate`'],
    ['tcp dport 80 ct state new jump web', 'it also looks at `jump web`'],
    ['tcp dport 80 ct state new', 'it does not end with `accept`'],
    ['tcp dport 80 ct state new accept; tcp dport 81 accept', 'it also looks at `accept; tcp`'],
    ['ct state new ct state new tcp dport 80 accept', 'it looks at states twice'],
    ['tcp flags syn tcp dport 80 ct state new accept', 'it also looks at `tcp flags`'],
    ['tcp dport { 80', '`its end` is not understood in it'],
  ])('%s stays', (rule, why) => expect(said(stripNft(rule))).toBe(`left: ${why}`))
})

test('in whatever order its words stand, what a rule is without is its state and nothing else', () => {
  const parts = [
    '-p tcp',
    '-m state',
    '--state NEW',
    '-m tcp',
    '--dport 80',
    '-s 10.0.0.0/8',
    '--comment "a b"',
  ]
  const nftParts = ['tcp dport { 80, 443 }', 'ct state new,established', 'ip saddr 10.0.0.0/8', 'counter']
  const rule = (some: readonly string[], last: string) =>
    fc.shuffledSubarray([...some]).map((chosen) => [...chosen, last].join(' '))
  const holds = (text: string, stripped: Stripped, parse: (text: string) => FirewallRule): void => {
    const { matches } = parse(text)
    expect(stripped.ok).toBe(matches.some(({ on }) => on === 'state'))
    if (!stripped.ok) return
    expect(parse(stripped.text).matches).toEqual(matches.filter(({ on }) => on !== 'state'))
    expect(parse(stripped.text).verdict).toEqual({ kind: 'accept' })
    expect(stripped.text).not.toMatch(/state/)
  }
  fc.assert(fc.property(rule(parts, '-j ACCEPT'), (text) => holds(text, stripIptables(text), iptablesRule)))
  fc.assert(fc.property(rule(nftParts, 'accept'), (text) => holds(text, stripNft(text), nftRule)))
})

describe('rules rewritten in a text', () => {
  const hand = [
    '#!/usr/sbin/nft -f',
    'define WEB = { 80, 443 }',
    'table inet filter {',
    '\tset s {',
    '\t\ttype ipv4_addr',
    '\t\telements = { 10.0.0.1 }',
    '\t}',
    '\tchain input {',
    '\t\ttype filter hook input priority 0; policy drop;',
    '\t\ttcp dport $WEB ct state new accept; # a "shop"',
    '\t\ttcp dport {',
    '\t\t\t22',
    '\t\t} ct state new accept',
    '\t\tlimit rate 5/second \\',
    '\t\t  tcp dport 84 ct state new accept',
    '\t\ttcp dport { \\',
    '\t\t  85 } ct state new accept',
    '\t\ttcp dport 86 ct state new \\',
    '\t\t  accept # as one \\',
    '\t\ttcp dport 81 ct state new accept comment "}"',
    '\t}',
    '}',
    'table filter {',
    '\tchain web {',
    '\t}',
    '}',
    'add rule inet filter input tcp dport 82 ct state new accept',
    'add rule filter web tcp dport 83 ct state new accept',
    '',
  ].join('\n')

  test('a file of nftables: each rule with a line of its own, in its chain, all else byte by byte', () => {
    const seen: string[] = []
    const text = nftDialect.rewrite(hand, ({ family, table, name }, rule) => {
      seen.push(`${family} ${table} ${name}: ${rule}`)
      const stripped = stripNft(rule)
      return stripped.ok ? stripped.text : null
    })
    expect(seen).toEqual([
      'inet filter input: type filter hook input priority 0; policy drop',
      'inet filter input: tcp dport { 80, 443 } ct state new accept',
      'inet filter input: tcp dport 81 ct state new accept comment "}"',
      'inet filter input: tcp dport 82 ct state new accept',
      'ip filter web: tcp dport 83 ct state new accept',
    ])
    expect(text).toBe(
      hand
        .replace('$WEB ct state new accept;', '$WEB accept;')
        .replaceAll(/(8[123]) ct state new accept/g, '$1 accept'),
    )
    expect(nftDialect.rewrite(hand, () => null)).toBe(hand)
  })

  test('a file of saved rules, with counters and blanks as they are', () => {
    const text =
      '*nat\n-A INPUT -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n[1:2] -A INPUT  -p tcp --dport 80 \r\n-A INPUT -i lo -j ACCEPT\nCOMMIT'
    const seen: string[] = []
    const after = iptablesDialect('ip6').rewrite(text, ({ family, table, name }, rule) => {
      seen.push(`${family} ${table} ${name}: ${rule}`)
      return rule.startsWith('-p') ? 'X' : null
    })
    expect(seen).toEqual([
      'ip6 nat INPUT: -j ACCEPT',
      'ip6 filter INPUT: -p tcp --dport 80',
      'ip6 filter INPUT: -i lo -j ACCEPT',
    ])
    expect(after).toBe(text.replace('-p tcp --dport 80', 'X'))
  })

  test('a line without end is passed over, and costs nothing', () => {
    const long = `table ip a {\nchain b {\n${' '.repeat(300_000)}x\n}\n}`
    const started = process.cpuUsage().user
    expect(nftDialect.rewrite(long, () => 'y')).toBe(long)
    expect(iptablesDialect('ip').rewrite(`*a\n-A b ${' '.repeat(300_000)}x`, () => 'y')).toContain('x')
    expect((process.cpuUsage().user - started) / 1000).toBeLessThan(500)
  })
})

test.each(['-j', '"-j ACCEPT"', '!', '"-p udp"', '"--dport 81"'])(
  'the comment %s is no option',
  (comment) => {
    const rule = iptablesRule(`-p tcp -m tcp --dport 80 -m comment --comment ${comment} -j DROP`)
    expect(rule).toMatchObject({ verdict: { kind: 'drop' }, comment: comment.replaceAll('"', '') })
    expect(rule.matches).toEqual(iptablesRule('-p tcp -m tcp --dport 80 -j DROP').matches)
  },
)

test('rules are alike that do the same, whoever wrote them', () => {
  const alike = (one: FirewallRule, other: FirewallRule): boolean => likenessOf(one) === likenessOf(other)
  const hand = '-m tcp -p tcp -s 10.0.0.1 --dport http -i eth0 -j ACCEPT'
  const saved = '-s 10.0.0.1/32 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT'
  expect(alike(iptablesRule(hand), iptablesRule(saved))).toBe(true)
  expect(alike(nftRule('tcp dport {https,80} accept'), nftRule('tcp dport { 80, 443 } accept'))).toBe(true)
  expect(
    alike(nftRule('iifname eth0 tcp dport 80 accept'), nftRule('iifname "eth0" tcp dport 80 accept')),
  ).toBe(true)
  for (const other of ['eth1', '-s 10.0.0.2', '--dport 81', '-j DROP', '-p udp'] as const) {
    const [option = '', value] = other.split(' ')
    const changed =
      value === undefined ? saved.replace('eth0', other) : saved.replace(new RegExp(`${option} \\S+`), other)
    expect(alike(iptablesRule(changed), iptablesRule(saved)), other).toBe(false)
  }
})
