import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { diagnose } from '../../src/diagnose/diagnosis.ts'
import { playbookText } from '../../src/diagnose/playbook-text.ts'
import type { HostFacts } from '../../src/host/facts.ts'
import { parseFacts } from '../../src/host/parse-facts.ts'
import { diagnosisReading } from '../../src/host/reading.ts'
import { readingScript } from '../../src/host/script.ts'
import { loadPlaybook } from '../../src/playbook/load-playbook.ts'

/** What a folder says of its table. */
interface Case {
  readonly shows: string
  readonly max: number
  readonly memoryKib?: number
  readonly verdicts?: readonly string[]
  /** By timeout, to what it is lowered. */
  readonly cures?: Readonly<Record<string, number>>
  readonly room?: number
  readonly hosts?: number
  readonly unparsed?: number
  /** The source network with most entries. */
  readonly network?: string
  readonly finding?: string
}

const timeouts: Readonly<Record<string, number>> = {
  tcp_timeout_syn_sent: 120,
  tcp_timeout_syn_recv: 60,
  tcp_timeout_established: 432_000,
  tcp_timeout_fin_wait: 120,
  tcp_timeout_close_wait: 60,
  tcp_timeout_last_ack: 30,
  tcp_timeout_time_wait: 120,
  tcp_timeout_close: 10,
  udp_timeout: 30,
  udp_timeout_stream: 120,
  icmp_timeout: 30,
  icmpv6_timeout: 30,
  generic_timeout: 600,
}

const folder = 'test/cases/diagnose'

/** Lays the table below a root of its own and has the script read it, as on a host. */
function readTable(table: string, { max, memoryKib = 4_000_000 }: Case): HostFacts {
  const root = mkdtempSync(join(tmpdir(), 'conntrackctl-diagnose-'))
  try {
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const netfilter = '/proc/sys/net/netfilter/nf_conntrack_'
    const count = table.split('\n').length - 1
    for (const [name, seconds] of Object.entries(timeouts)) write(`${netfilter}${name}`, `${seconds}\n`)
    write(`${netfilter}max`, `${max}\n`)
    write(`${netfilter}count`, `${count}\n`)
    write(`${netfilter}buckets`, '16384\n')
    write('/sys/module/nf_conntrack/parameters/hashsize', '16384\n')
    write('/proc/sys/kernel/osrelease', '6.1.0-28-amd64\n')
    write('/proc/meminfo', `MemTotal: ${memoryKib} kB\n`)
    write('/proc/net/nf_conntrack', table)
    const script = readingScript(diagnosisReading, { begin: 'the-begin', end: 'the-end' })
    const env = { ...process.env, CONNTRACKCTL_ROOT: root }
    return parseFacts(spawnSync('sh', [], { input: script, env, encoding: 'utf8' }).stdout, 'read')
  } finally {
    rmSync(root, { recursive: true })
  }
}

describe.each(readdirSync(folder))('%s', (name) => {
  const expected: Case = parse(readFileSync(join(folder, name, 'case.yml'), 'utf8'))
  const facts = readTable(readFileSync(join(folder, name, 'table.txt'), 'utf8'), expected)
  const { diagnosis, findings } = diagnose(facts)

  test(expected.shows, () => {
    expect(findings.map(({ code }) => code)).toEqual(expected.finding === undefined ? [] : [expected.finding])
    expect(diagnosis?.verdicts.map(({ code }) => code)).toEqual(expected.verdicts)
    const cures = diagnosis?.cures.map(({ timeout, to_seconds: to }) => [timeout, to])
    expect(cures === undefined ? undefined : Object.fromEntries(cures)).toEqual(expected.cures)
    expect(diagnosis?.unparsed ?? 0).toBe(expected.unparsed ?? 0)
    expect(diagnosis?.capacity?.hosts ?? 1).toBe(expected.hosts ?? 1)
    if (expected.room !== undefined) expect(diagnosis?.capacity?.max).toBe(expected.room)
    if (expected.network !== undefined) expect(diagnosis?.top.source_networks[0]?.name).toBe(expected.network)
  })

  test('its figures add up, and nothing hostile is in them', () => {
    if (diagnosis === null) return
    const { count, states, verdicts, cures } = diagnosis
    expect(states.reduce((sum, { entries }) => sum + entries, 0)).toBe(count)
    for (const { entries } of verdicts) expect(entries).toBeLessThanOrEqual(count)
    for (const { saves_entries: saves } of cures) expect(saves).toBeLessThanOrEqual(count)
    expect(JSON.stringify(diagnosis)).not.toMatch(/\\u001b|\$\(|`id`|;rm/)
  })

  test('its playbook is a playbook', async () => {
    if (diagnosis === null) return
    const text = playbookText([{ host: 'web01', max: expected.max, diagnosis }], '2026-11-26T00:00:00Z')
    const isHelped = Object.keys(expected.cures ?? {}).length > 0 || expected.room !== undefined
    expect(text === null).toBe(!isHelped)
    if (text === null) return
    const file = join(mkdtempSync(join(tmpdir(), 'conntrackctl-diagnose-')), 'fix.yml')
    writeFileSync(file, text)
    try {
      const { plays } = await loadPlaybook(file)
      expect(plays.map(({ sysctls }) => sysctls.length)).toEqual([diagnosis.cures.length])
    } finally {
      rmSync(dirname(file), { recursive: true })
    }
  })
})
