import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPlaybook, parsePlaybook } from '../../../src/playbook/load-playbook.ts'
import type { Play } from '../../../src/playbook/play.ts'
import { wishFor } from '../../../src/playbook/wish-for.ts'
import { InputError } from '../../../src/problem.ts'
import { caught } from './caught.ts'

function onlyPlay(text: string): Play {
  const { plays } = parsePlaybook(text, 'p.yml')
  expect(plays).toHaveLength(1)
  return plays[0] as Play
}

describe('a whole play', () => {
  const play = onlyPlay(`
- name: Raise the ceiling on the edge
  hosts: edge:!canary
  become: true
  conntrack:
    max: 262144
    hashsize: max / 4
    timeouts:
      tcp_established: 1h
      tcp_time_wait: 30s
      udp: 30
      udp_stream: 2m
    options: {tcp_loose: true}
    module: load
  sysctl:
    net.ipv4.tcp_fin_timeout: 30
  persist: false
`)

  test('is read with its places', () => {
    expect(play.name).toBe('Raise the ceiling on the edge')
    expect(play.hosts).toEqual({ pattern: 'edge:!canary', place: { file: 'p.yml', line: 3, column: 10 } })
    expect(play.become).toBe(true)
    expect(play.max).toMatchObject({ label: 'conntrack.max', place: { line: 6, column: 10 } })
  })

  test('becomes a wish in seconds and in the order of the file', () => {
    expect(wishFor(play, {})).toEqual({
      play: 'Raise the ceiling on the edge',
      max: 262_144,
      hashsize: { kind: 'max_divided_by', divisor: 4 },
      sysctls: [
        { key: 'net.netfilter.nf_conntrack_tcp_timeout_established', value: '3600' },
        { key: 'net.netfilter.nf_conntrack_tcp_timeout_time_wait', value: '30' },
        { key: 'net.netfilter.nf_conntrack_udp_timeout', value: '30' },
        { key: 'net.netfilter.nf_conntrack_udp_timeout_stream', value: '120' },
        { key: 'net.netfilter.nf_conntrack_tcp_loose', value: '1' },
        { key: 'net.ipv4.tcp_fin_timeout', value: '30' },
      ],
      persist: false,
      conflicts: 'report',
      module: 'load',
    })
  })
})

describe('what a play need not say', () => {
  const play = onlyPlay('- hosts: all\n  conntrack: {max: 262144}\n')

  test('its name is its hosts, it persists, loads no module and leaves become to the inventory', () => {
    expect(play.name).toBe('all')
    expect(play.become).toBeUndefined()
    expect(wishFor(play, {})).toEqual({
      play: 'all',
      max: 262_144,
      sysctls: [],
      persist: true,
      conflicts: 'report',
      module: 'leave',
    })
  })

  test('plays of one name can be told apart', () => {
    const { plays } = parsePlaybook(
      '- &a {hosts: all, sysctl: {net.core.somaxconn: 1}}\n- *a\n- *a\n',
      'p.yml',
    )
    expect(plays.map(({ name }) => name)).toEqual(['all', 'all (play 2)', 'all (play 3)'])
  })
})

describe('forms that mean the same', () => {
  test.each(['become: yes', 'become: On', 'become: TRUE', 'become: "yes"'])('%s', (line) =>
    expect(onlyPlay(`- hosts: all\n  ${line}\n  conntrack: {max: 1}\n`).become).toBe(true),
  )

  test.each(['persist: no', 'persist: off', 'persist: False'])('%s', (line) =>
    expect(wishFor(onlyPlay(`- hosts: all\n  ${line}\n  conntrack: {max: 1}\n`), {}).persist).toBe(false),
  )

  test.each([
    'timeouts: {udp_stream: 60}',
    'timeouts: {nf_conntrack_udp_timeout_stream: 60s}',
    'timeouts: {net.netfilter.nf_conntrack_udp_timeout_stream: "60"}',
    'timeouts: {net/netfilter/nf_conntrack_udp_timeout_stream: 1m}',
  ])('%s', (line) =>
    expect(wishFor(onlyPlay(`- hosts: all\n  conntrack:\n    ${line}\n`), {}).sysctls).toEqual([
      { key: 'net.netfilter.nf_conntrack_udp_timeout_stream', value: '60' },
    ]),
  )

  test.each([
    'net.netfilter.nf_conntrack_max',
    'net.nf_conntrack_max',
    'net/netfilter/nf_conntrack_max',
    'net.ipv4.ip_conntrack_max',
    'net.ipv4.netfilter.ip_conntrack_max',
  ])('max under the key %s', (key) => {
    const wish = wishFor(onlyPlay(`- hosts: all\n  sysctl: {${key}: 131072}\n`), {})
    expect(wish.max).toBe(131_072)
    expect(wish.sysctls).toEqual([])
  })

  test('buckets as a sysctl are the hashsize, and old names of timeouts are translated', () => {
    const wish = wishFor(
      onlyPlay(`
- hosts: all
  sysctl:
    net.netfilter.nf_conntrack_buckets: 65536
    net.ipv4.netfilter.ip_conntrack_tcp_timeout_established: 300
    net/ipv4/conf/eth0.100/rp_filter: no
`),
      {},
    )
    expect(wish.hashsize).toEqual({ kind: 'buckets', buckets: 65_536 })
    expect(wish.sysctls).toEqual([
      { key: 'net.netfilter.nf_conntrack_tcp_timeout_established', value: '300' },
      { key: 'net.ipv4.conf.eth0/100.rp_filter', value: '0' },
    ])
  })

  test('on is 1 without quotes, and the word in quotes', () => {
    const play = onlyPlay('- hosts: all\n  sysctl: {net.ipv4.ip_forward: on, kernel.printk_devkmsg: "on"}\n')
    expect(wishFor(play, {}).sysctls).toEqual([
      { key: 'net.ipv4.ip_forward', value: '1' },
      { key: 'kernel.printk_devkmsg', value: 'on' },
    ])
  })

  test('a list of hosts is their union', () =>
    expect(onlyPlay('- hosts: [web, db]\n  conntrack: {max: 1}\n').hosts.pattern).toBe('web,db'))

  test('CRLF, a byte order mark of the text and `---` change nothing', () => {
    const text = '---\n- hosts: all\n  conntrack: {max: 262144}\n...\n'
    expect(wishFor(onlyPlay(text.replaceAll('\n', '\r\n')), {})).toEqual(wishFor(onlyPlay(text), {}))
  })
})

describe('anchors and merges', () => {
  test('a merged mapping gives what the own one does not say; earlier merges win', () => {
    const { plays } = parsePlaybook(
      `
- hosts: web
  conntrack: &base
    max: 262144
    timeouts: &short {udp: 10, icmp: 5}
- hosts: db
  conntrack:
    <<: *base
    max: 131072
- hosts: edge
  conntrack:
    timeouts:
      udp: 20
      <<: [*short, {icmp: 60, generic: 60}]
`,
      'p.yml',
    )
    const [, db, edge] = plays.map((play) => wishFor(play, {}))
    expect(db?.max).toBe(131_072)
    expect(db?.sysctls).toHaveLength(2)
    expect(Object.fromEntries(edge?.sysctls.map(({ key, value }) => [key, value]) ?? [])).toEqual({
      'net.netfilter.nf_conntrack_udp_timeout': '20',
      'net.netfilter.nf_conntrack_icmp_timeout': '5',
      'net.netfilter.nf_conntrack_generic_timeout': '60',
    })
  })

  test('a fault behind an anchor is told once, where it stands', () => {
    const error = caught(() =>
      parsePlaybook('- hosts: a\n  conntrack: &c {max: -1}\n- hosts: b\n  conntrack: *c\n', 'p.yml'),
    )
    expect(error.problems).toHaveLength(1)
    expect(error.problems[0]).toMatchObject({ line: 2, column: 23 })
  })

  test('a key named __proto__ is an unknown key like any other', () => {
    const error = caught(() =>
      parsePlaybook('- hosts: a\n  __proto__: {max: -1}\n  conntrack: {max: 1}\n', 'p.yml'),
    )
    expect(error.problems).toMatchObject([{ line: 2, column: 3 }])
  })
})

describe('many problems', () => {
  test('the first hundred are told, and how many more there are', () => {
    const lines = Array.from({ length: 250 }, (_, index) => `    k${index}.k: [1]\n`)
    const { problems } = caught(() => parsePlaybook(`- hosts: all\n  sysctl:\n${lines.join('')}`, 'p.yml'))
    expect(problems).toHaveLength(101)
    expect(problems[0]).toMatchObject({ line: 3 })
    expect(problems.at(-1)?.what).toBe('150 more problems')
  })
})

describe('files', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playbook-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function problemOf(path: string): Promise<string> {
    const error: unknown = await loadPlaybook(path).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(InputError)
    return (error as InputError).message
  }

  test('a playbook is read from its path', async () => {
    const path = join(folder, 'good.yml')
    await writeFile(path, '\u{feff}- hosts: all\n  conntrack: {max: 262144}\n')
    const { file, plays } = await loadPlaybook(path)
    expect(file).toBe(path)
    expect(plays[0]?.max?.place).toEqual({ file: path, line: 2, column: 20 })
  })

  test('one byte over 1 MiB is refused, 1 MiB is read', async () => {
    const path = join(folder, 'large.yml')
    const head = '- hosts: all\n  conntrack: {max: 262144}\n#'
    await writeFile(path, head + 'x'.repeat(1024 * 1024 - head.length))
    expect((await loadPlaybook(path)).plays).toHaveLength(1)
    await writeFile(path, head + 'x'.repeat(1024 * 1024 - head.length + 1))
    expect(await problemOf(path)).toBe(
      `${path}: larger than 1 MiB, which is not read; split it into several files`,
    )
  })

  test('a device without end is refused as too large', async () => {
    expect(await problemOf('/dev/zero')).toContain('larger than 1 MiB')
  })

  test('what is missing, or is a folder, is named', async () => {
    const missing = join(folder, 'missing.yml')
    expect(await problemOf(missing)).toBe(`${missing}: there is no such file; check the path`)
    expect(await problemOf(join(folder, 'good.yml', 'x'))).toContain('there is no such file')
    expect(await problemOf(folder)).toBe(
      `${folder}: this is a folder, not a file; name one of the files in it`,
    )
  })
})
