import { describe, expect, test } from 'vitest'
import type { Host } from '../../../src/inventory/inventory.ts'
import { parsePlaybook } from '../../../src/playbook/load-playbook.ts'
import { resolvePlaybook, type HostsOf } from '../../../src/playbook/resolve-playbook.ts'
import { InputError } from '../../../src/problem.ts'
import { caught } from './caught.ts'

function host(name: string, vars: Record<string, unknown> = {}): Host {
  return { name, groups: ['prod'], vars }
}

function resolve(text: string, hosts: readonly Host[], extraVars: Record<string, unknown> = {}) {
  return resolvePlaybook(parsePlaybook(text, 'p.yml'), () => hosts, extraVars)
}

/** Hosts by name: `web01,db01`. */
function byName(hosts: readonly Host[]): HostsOf {
  return (pattern) => hosts.filter(({ name }) => pattern === 'all' || pattern.split(',').includes(name))
}

describe('variables', () => {
  test('fill values for each host, in any form that the value may have', () => {
    const [play] = resolve(
      `
- hosts: all
  conntrack:
    max: "{{ ct.max }}"
    hashsize: "max / {{ ct.share }}"
    timeouts: {udp: "{{ udp }}"}
    module: "{{ module }}"
  sysctl: {net.ipv4.ip_forward: "{{ forward }}"}
  persist: "{{ keep }}"
`,
      [
        host('a', { ct: { max: 262_144, share: 4 }, udp: '1m', module: 'load', forward: true, keep: 'no' }),
        host('b', { ct: { max: '65536', share: 8 }, udp: 30, module: 'leave', forward: '0', keep: true }),
      ],
    )
    expect(play?.hosts.map(({ wish }) => wish)).toEqual([
      {
        play: 'all',
        max: 262_144,
        hashsize: { kind: 'max_divided_by', divisor: 4 },
        sysctls: [
          { key: 'net.netfilter.nf_conntrack_udp_timeout', value: '60' },
          { key: 'net.ipv4.ip_forward', value: '1' },
        ],
        persist: false,
        conflicts: 'report',
        module: 'load',
      },
      {
        play: 'all',
        max: 65_536,
        hashsize: { kind: 'max_divided_by', divisor: 8 },
        sysctls: [
          { key: 'net.netfilter.nf_conntrack_udp_timeout', value: '30' },
          { key: 'net.ipv4.ip_forward', value: '0' },
        ],
        persist: true,
        conflicts: 'report',
        module: 'leave',
      },
    ])
  })

  test('of the command line beat those of the inventory', () => {
    const text = '- hosts: all\n  conntrack: {max: "{{ ct_max }}"}\n'
    const [play] = resolve(text, [host('a', { ct_max: 1 })], { ct_max: 2 })
    expect(play?.hosts[0]?.wish.max).toBe(2)
  })

  test('are asked in statements as well, for every kind of value', () => {
    const choice = (yes: string, no: string): string => `"{% if big %}${yes}{% else %}${no}{% endif %}"`
    const text = `- hosts: all
  conntrack: {max: ${choice('524288', '4096')}, hashsize: ${choice('65536', '1024')}, options: {tcp_loose: ${choice('true', 'false')}}}
  persist: ${choice('true', 'false')}
`
    const [play] = resolve(text, [host('a', { big: true }), host('b', { big: false })])
    expect(play?.hosts.map(({ wish: { max, hashsize, persist } }) => [max, hashsize, persist])).toEqual([
      [524_288, { kind: 'buckets', buckets: 65_536 }, true],
      [4096, { kind: 'buckets', buckets: 1024 }, false],
    ])
  })

  test('know the name and the groups of the host', () => {
    const text =
      '- hosts: all\n  sysctl: {kernel.hostname: "{{ inventory_hostname }}", kernel.domainname: "{{ group_names[0] }}"}\n'
    const [play] = resolve(text, [host('web01')])
    expect(play?.hosts[0]?.wish.sysctls.map(({ value }) => value)).toEqual(['web01', 'prod'])
  })

  test('of the command line may choose the hosts', () => {
    const playbook = parsePlaybook('- hosts: "{{ target }}"\n  conntrack: {max: 1}\n', 'p.yml')
    const hosts = byName([host('a'), host('b')])
    expect(resolvePlaybook(playbook, hosts, { target: 'b' })[0]?.hosts.map((one) => one.host.name)).toEqual([
      'b',
    ])
    expect(caught(() => resolvePlaybook(playbook, hosts, {})).problems).toMatchObject([
      { line: 1, column: 10 },
    ])
    expect(caught(() => resolvePlaybook(playbook, hosts, { target: 5 })).problems).toMatchObject([
      { line: 1, column: 10 },
    ])
  })
})

describe('problems of many hosts', () => {
  const text = '- hosts: all\n  conntrack: {max: "{{ ct_max }}"}\n'
  const hosts = (count: number) => Array.from({ length: count }, (_, index) => host(`web${index + 1}`))

  test.each([
    [1, '(web1)'],
    [2, '(web1 and web2)'],
    [4, '(web1, web2, web3 and web4)'],
    [500, '(web1, web2, web3 and 497 more)'],
  ])('the same one on %d hosts is told once', (count, names) => {
    const { problems } = caught(() => resolve(text, hosts(count)))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ file: 'p.yml', line: 2, column: 20 })
    expect(problems[0]?.what).toContain('ct_max')
    expect(problems[0]?.what.endsWith(names)).toBe(true)
  })

  test('those of patterns, of all plays and of all hosts come together', () => {
    const playbook = parsePlaybook(
      `${text}- hosts: "web["\n  conntrack: {max: 1}\n- hosts: all\n  sysctl: {net.k: "{{ k }}"}\n`,
      'p.yml',
    )
    const hostsOf: HostsOf = (pattern, place) => {
      if (pattern === 'all') return hosts(2)
      throw new InputError([{ ...place, what: 'a bad pattern', remedy: 'close the bracket' }])
    }
    const { problems } = caught(() => resolvePlaybook(playbook, hostsOf, {}))
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 6])
  })
})

describe('two plays for one host', () => {
  const both = (first: string, second: string) =>
    `- name: first\n  hosts: all\n${first}- name: second\n  hosts: all\n${second}`

  test.each([
    ['max', '  conntrack: {max: 1}\n', '  sysctl: {net.nf_conntrack_max: 2}\n'],
    [
      'a timeout',
      '  conntrack: {timeouts: {udp: 30}}\n',
      '  conntrack: {timeouts: {nf_conntrack_udp_timeout: 31}}\n',
    ],
    ['a neighbour', '  sysctl: {net.a.b: 1}\n', '  sysctl: {net/a/b: 2}\n'],
    ['buckets', '  conntrack: {max: 8, hashsize: max / 4}\n', '  conntrack: {hashsize: 3}\n'],
  ])('may not fight over %s, and both places are named', (_, first, second) => {
    const { problems } = caught(() => resolve(both(first, second), [host('a'), host('b')]))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ line: 6 })
    expect(problems[0]?.what).toContain('"first" at 3:')
    expect(problems[0]?.what).toContain('(a and b)')
  })

  test.each([
    ['the same value', '  conntrack: {max: 1}\n', '  sysctl: {net.nf_conntrack_max: "1"}\n'],
    ['the same time', '  conntrack: {timeouts: {udp: 60}}\n', '  conntrack: {timeouts: {udp: 1m}}\n'],
    ['as many buckets', '  conntrack: {max: 8, hashsize: max / 4}\n', '  conntrack: {hashsize: 2}\n'],
    ['different keys', '  conntrack: {max: 1}\n', '  sysctl: {net.a.b: 2}\n'],
  ])('may both wish %s', (_, first, second) => {
    expect(resolve(both(first, second), [host('a')])).toHaveLength(2)
  })

  test('a fight over some hosts names only them', () => {
    const playbook = parsePlaybook(
      '- hosts: a,b\n  sysctl: {net.k: 1}\n- hosts: b,c\n  sysctl: {net.k: 2}\n',
      'p.yml',
    )
    const { problems } = caught(() =>
      resolvePlaybook(playbook, byName([host('a'), host('b'), host('c')]), {}),
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]?.what.endsWith('(b)')).toBe(true)
  })
})

describe('large fleets', () => {
  const fleet = Array.from({ length: 10_000 }, (_, index) => host(`web${index}`, { ct_max: 262_144 }))

  test('hosts of a play without variables share one wish', () => {
    const [play] = resolve('- hosts: all\n  conntrack: {max: 262144}\n', fleet)
    expect(play?.hosts).toHaveLength(10_000)
    expect(new Set(play?.hosts.map(({ wish }) => wish)).size).toBe(1)
  })

  test('two plays with variables on 10,000 hosts take seconds', { timeout: 10_000 }, () => {
    const text = `
- hosts: all
  conntrack: {max: "{{ ct_max }}", hashsize: max / 4, timeouts: {udp: 30, icmp: 10}}
- hosts: all
  conntrack: {max: "{{ ct_max }}", timeouts: {generic: 60}}
`
    expect(resolve(text, fleet).map(({ hosts }) => hosts.length)).toEqual([10_000, 10_000])
  })
})
