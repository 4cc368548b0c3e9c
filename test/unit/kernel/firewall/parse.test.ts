import { describe, expect, test } from 'vitest'
import { parseIptables, parseIptablesRule } from '../../../../src/kernel/firewall/parse-iptables.ts'
import { parseNft } from '../../../../src/kernel/firewall/parse-nft.ts'
import { parseNftRule } from '../../../../src/kernel/firewall/parse-nft-rule.ts'

describe('a rule as nft prints it', () => {
  const first = (text: string) => parseNftRule(text)[0]

  test.each([
    ['tcp dport 80 accept', [{ on: 'protocol', values: ['tcp'] }, port('destination', [80, 80])], 'accept'],
    [
      'tcp dport { 22, 8000-8010 } ct state new accept',
      [
        { on: 'protocol', values: ['tcp'] },
        port('destination', [22, 22], [8000, 8010]),
        { on: 'state', values: ['new'] },
      ],
      'accept',
    ],
    ['ct state established,related accept', [{ on: 'state', values: ['established', 'related'] }], 'accept'],
    ['iif "lo" accept', [{ on: 'loopback' }], 'accept'],
    ['iifname != "lo" drop', [{ on: 'loopback', negated: true }], 'drop'],
    [
      'ip saddr 10.0.0.0/8 meta l4proto { tcp, udp } th dport 53 accept',
      [
        { on: 'family', values: ['ip'] },
        { on: 'address', side: 'source', networks: ['10.0.0.0/8'] },
        { on: 'protocol', values: ['tcp', 'udp'] },
        port('destination', [53, 53]),
      ],
      'accept',
    ],
    ['ip saddr @bad drop', [{ on: 'family', values: ['ip'] }, { on: 'unknown' }], 'drop'],
    ['log prefix "accept this: " reject with icmpx admin-prohibited', [], 'drop'],
    [
      'tcp dport 22 limit rate 3/minute burst 5 packets counter packets 0 bytes 0 accept',
      [{ on: 'protocol', values: ['tcp'] }, port('destination', [22, 22]), { on: 'unknown' }],
      'accept',
    ],
    ['ip saddr . tcp dport @allowed accept', [{ on: 'family', values: ['ip'] }, { on: 'unknown' }], 'accept'],
    [
      'ct status dnat accept',
      [{ on: 'unknown' }, { on: 'state', values: ['new', 'established', 'related', 'invalid'] }],
      'accept',
    ],
    ['meta mark set 0x00000001 ct mark set 0x00000001', [], 'continue'],
    [
      'fib daddr type local tcp dport 80 notrack',
      [
        { on: 'local', side: 'destination' },
        { on: 'protocol', values: ['tcp'] },
        port('destination', [80, 80]),
      ],
      'notrack',
    ],
    [
      'tcp dport 80 dnat to 10.0.0.2:8080',
      [{ on: 'protocol', values: ['tcp'] }, port('destination', [80, 80])],
      'nat',
    ],
    ['oifname "eth0" masquerade', [{ on: 'unknown' }], 'nat'],
    [
      'tcp flags & (fin | syn) == fin | syn drop',
      [{ on: 'protocol', values: ['tcp'] }, { on: 'unknown' }],
      'drop',
    ],
    ['tcp dport ssh accept', [{ on: 'protocol', values: ['tcp'] }, port('destination', [22, 22])], 'accept'],
  ])('%s', (text, matches, verdict) => {
    expect(first(text)?.verdict.kind).toBe(verdict)
    expect(first(text)?.matches.filter(({ on }) => on !== 'unknown')).toEqual(
      (matches as { on: string }[]).filter(({ on }) => on !== 'unknown'),
    )
    const isSure = !(matches as { on: string }[]).some(({ on }) => on === 'unknown')
    expect(first(text)?.matches.every(({ on }) => on !== 'unknown')).toBe(isSure)
  })

  test('a map of verdicts is a rule for each value', () => {
    const rules = parseNftRule('ct state vmap { established : accept, invalid : drop, new : jump fresh }')
    expect(rules.map(({ matches, verdict }) => [matches, verdict])).toEqual([
      [[{ on: 'state', values: ['established'] }], { kind: 'accept' }],
      [[{ on: 'state', values: ['invalid'] }], { kind: 'drop' }],
      [[{ on: 'state', values: ['new'] }], { kind: 'jump', chain: 'fresh' }],
    ])
  })

  test('what a map does that is kept elsewhere may be anything', () => {
    const rules = parseNftRule('tcp dport vmap @ports')
    expect(rules.map(({ verdict }) => verdict.kind)).toEqual(['drop', 'nat'])
    for (const { matches } of rules) expect(matches).toContainEqual({ on: 'unknown' })
  })

  test('the comment is found, and a word in it is no verdict', () => {
    expect(first('tcp dport 80 accept comment "drop me"')).toMatchObject({
      comment: 'drop me',
      verdict: { kind: 'accept' },
    })
  })
})

describe('a rule as iptables-save prints it', () => {
  test.each([
    ['-p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT', 3, 'accept'],
    ['-p tcp -m multiport --dports 80,443,8000:8010 -j ACCEPT', 2, 'accept'],
    ['! -i lo -j DROP', 1, 'drop'],
    ['-m comment --comment "a -j DROP in it" -j ACCEPT', 0, 'accept'],
    ['-p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j REJECT --reject-with tcp-reset', 2, 'drop'],
    ['-p tcp -m tcp --dport 21 -j CT --helper ftp', 2, 'helper'],
    ['-p udp -j NOTRACK', 1, 'notrack'],
    ['-j f2b-sshd', 0, 'jump'],
    ['-g elsewhere', 0, 'goto'],
  ])('%s', (text, matches, verdict) => {
    const rule = parseIptablesRule(text)
    expect([rule.matches.length, rule.verdict.kind]).toEqual([matches, verdict])
  })

  test('what is negated is so on either side of its option: `-i ! lo` is how 1.3 printed it', () => {
    for (const [old, today] of [
      ['-i ! lo -p tcp -j DROP', '! -i lo -p tcp -j DROP'],
      ['-s ! 10.0.0.0/8 -j DROP', '! -s 10.0.0.0/8 -j DROP'],
      ['-p tcp -m tcp --dport ! 80 -j DROP', '-p tcp -m tcp ! --dport 80 -j DROP'],
    ] as const)
      expect(parseIptablesRule(old).matches).toEqual(parseIptablesRule(today).matches)
    expect(parseIptablesRule('-i ! lo').matches).toEqual([{ on: 'loopback', negated: true }])
    expect(parseIptablesRule('-p tcp ! -i lo').matches).toEqual([
      { on: 'protocol', values: ['tcp'] },
      { on: 'loopback', negated: true },
    ])
  })
})

test('tables, hooks, priorities and policies are told from both', () => {
  const nft = parseNft(`table ip6 mine { # handle 1
	set many { # handle 2
		type ipv6_addr
		elements = { 2001:db8::1,
			     2001:db8::2 }
	}

	chain early { # handle 3
		type filter hook prerouting priority raw + 5; policy drop;
		udp dport 53 accept # handle 4
	}
}
`)
  expect(nft).toMatchObject([
    {
      family: 'ip6',
      table: 'mine',
      name: 'early',
      base: { hook: 'prerouting', priority: -295, policy: 'drop' },
    },
  ])
  expect(nft[0]?.rules.map(({ text }) => text)).toEqual(['udp dport 53 accept'])
  const saved = parseIptables(
    '*raw\n:PREROUTING ACCEPT [0:0]\n:mine - [0:0]\n[1:60] -A mine -p tcp -j DROP\nCOMMIT\n',
    'ip',
  )
  expect(saved).toMatchObject([
    { name: 'PREROUTING', base: { hook: 'prerouting', priority: -300, policy: 'accept' }, rules: [] },
    { name: 'mine', base: null, rules: [{ text: '-p tcp -j DROP' }] },
  ])
})

function port(side: 'source' | 'destination', ...ranges: [number, number][]) {
  return { on: 'port', side, ranges }
}
