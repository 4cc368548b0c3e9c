import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseStatistics } from '../../../src/host/parse-statistics.ts'
import { tableKeys } from '../../../src/kernel/table-keys.ts'
import { tunables } from '../../../src/kernel/tunables.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import type { Wish } from '../../../src/playbook/wish.ts'
import { file, loadsEarly, made, maxKey, predicted } from './boot/made-up.ts'
import { hostNames, readHostCase } from '../../cases/read-host-case.ts'

const defaults = { play: 'test', sysctls: [], persist: true, conflicts: 'report', module: 'leave' } as const
const textOf = (name: string): string =>
  readFileSync(new URL(`../../../src/host/${name}.sh`, import.meta.url), 'utf8').replaceAll(/^\s*#.*$/gm, '')
const scripts = ['probe', 'apply'].map(textOf)
const [probe = ''] = scripts
const [firewall, rules] = [textOf('firewall'), textOf('rules')]

function planned(host: string, wish: Partial<Wish>) {
  const { facts } = readHostCase(host)
  return planHost(sizeWish({ ...defaults, ...wish }, facts, null), facts, new Set())
}

describe('traps that naive tools fall into', () => {
  test('no program called sysctl has the word: values are written to the files themselves', () => {
    for (const script of scripts) expect(script).not.toMatch(/(^|[;&|(\s])sysctl\s+-/m)
  })

  test('reading a host runs nothing that loads the module', () => {
    expect(probe).not.toMatch(
      /(^|[;&|({]|\b(then|do|else))\s*(iptables\S*|nft|conntrack|modprobe|insmod|ipset)\s/m,
    )
  })

  test('nothing is flushed', () => {
    const all = [...scripts, firewall, rules]
    for (const script of all) {
      expect(script).not.toMatch(/\bconntrack -|\bflush (ruleset|table|chain)|-restore"? *$/m)
      expect(script).not.toMatch(/(^|\s)-[FXZ]\s/m)
    }
    // Of what is in a table, and without --noflush all of it would go.
    expect(rules.match(/-restore"(?! --help).*/g)).toEqual([expect.stringContaining('--noflush')])
    expect(rules.match(/delete \w+/g)).toEqual(['delete rule', 'delete table'])
    expect(rules).toContain('delete table inet conntrackctl')
  })

  test('a firewall is asked only where its part of the kernel is there', () => {
    expect(firewall).not.toMatch(/iptables -L|nft -f/)
    const [, guarded = ''] =
      /if has_nf_tables; then\n([\s\S]*?)\nfi\n/.exec(firewall.replaceAll(/^ +/gm, '')) ?? []
    expect(guarded).toContain('list ruleset')
    expect(guarded).toContain('nft_tables ip iptables')
    expect(firewall.match(/list ruleset/g)).toHaveLength(1)
    expect(firewall).toContain('_tables_names" || [ -z "$text" ]; then return 0; fi')
  })

  test('the hashsize is read from the parameter, not from the sysctl that lags behind it', () => {
    const { facts } = readHostCase('debian11-5.10')
    const places = new Map(facts.places)
    const buckets = places.get(tableKeys.buckets)
    if (buckets?.state !== 'present') throw new Error('no buckets')
    places.set(tableKeys.buckets, { ...buckets, value: '1024' })
    const wish = sizeWish(
      { ...defaults, persist: false, hashsize: { kind: 'buckets', buckets: 65_536 } },
      facts,
      null,
    )
    expect(facts.hashsize).toBe(65_536)
    expect(planHost(wish, { ...facts, places }, new Set()).changes).toEqual([])
  })

  test('a hash larger than max needs is left, and one too small comes before max', () => {
    const { changes } = planned('debian12-6.1', { max: 262_144, persist: false })
    expect(changes.map(({ key }) => key)).toEqual(['hashsize', tableKeys.max])
  })

  test('wherever hashsize is given to the module, max is set behind it', () => {
    for (const host of hostNames) {
      const { changes } = planned(host, { hashsize: { kind: 'buckets', buckets: 131_072 }, max: 524_288 })
      const files = changes.filter(({ kind }) => kind === 'file')
      const hasOption = files.some(({ after }) => after?.includes('hashsize=131072'))
      if (hasOption)
        expect(
          files.some(({ after }) => /_max(?: = |=")524288"?$/m.test(after ?? '')),
          host,
        ).toBe(true)
    }
  })

  test('nf_conntrack_ipv4 is loaded where the host has it, and nowhere else', () => {
    const wish = { max: 524_288, sysctls: [{ key: 'net.netfilter.nf_conntrack_udp_timeout', value: '20' }] }
    const loads = hostNames.filter((host) =>
      planned(host, wish).changes.some(
        ({ kind, after }) => kind === 'file' && /^nf_conntrack_ipv4$/m.test(after ?? ''),
      ),
    )
    expect(loads).toEqual([
      'centos6-2.6.32',
      'centos7-3.10',
      'debian9-4.9',
      'ubuntu1404-3.13',
      'ubuntu1604-unloaded-4.4',
      'ubuntu1804-4.15',
    ])
  })

  test('the module that is loaded at once brings the keys of TCP along', () => {
    const { changes } = planned('ubuntu1604-unloaded-4.4', { max: 524_288, module: 'load' })
    expect(changes[0]).toMatchObject({ kind: 'module', path: 'nf_conntrack_ipv4' })
  })

  test('module options and modules-load.d are not written for a built-in conntrack', () => {
    const { changes } = planned('wsl2-5.15', {
      max: 524_288,
      hashsize: { kind: 'buckets', buckets: 524_288 },
    })
    const files = changes.filter(({ kind }) => kind === 'file')
    expect(files).toHaveLength(1)
    expect(files[0]?.after).toContain('net.netfilter.nf_conntrack_buckets = 524288')
  })

  test('counters are read by name and in base 16', () => {
    const rows = ['entries  early_drop  drop', '0000ea60  00000010  0000000a', '0000ea60  00000001  00000010']
    expect(parseStatistics(rows)).toEqual({ early_drop: 17, drop: 26 })
  })

  test('no wish reaches a value that some kernel would wrap, cut or refuse', () => {
    for (const { area, maximum, minimum, key } of tunables) {
      if (area === 'timeout') expect([minimum, maximum], key).toEqual([1, 2_147_483])
      else expect(maximum, key).toBeLessThanOrEqual(2_147_483_647)
    }
    expect(tunables.find(({ key }) => key === tableKeys.max)?.minimum).toBe(1)
  })

  test('a left-over /etc/sysctl.conf is not read at the boot of Debian 13, and its link is at that of Debian 12', () => {
    const conf = file('/etc/sysctl.conf', `${maxKey} = 1000000`)
    const debian13 = made({ versions: { systemd: '257', procps: '4.0.4' }, files: [loadsEarly, conf] })
    expect(predicted(debian13).value).not.toBe('1000000')
    const linked = { ...conf, path: '/etc/sysctl.d/99-sysctl.conf', link: '/etc/sysctl.conf' }
    expect(predicted({ ...debian13, files: [loadsEarly, conf, linked] }).value).toBe('1000000')
  })

  test.each(['abc', '-1', '99999999999'])('hashsize=%s of somebody else keeps the module out', (text) => {
    const options = file('/etc/modprobe.d/theirs.conf', `options nf_conntrack hashsize=${text}`)
    const { value, why } = predicted(made({ files: [loadsEarly, options] }))
    expect(value).toBeNull()
    expect(why).toContain('/etc/modprobe.d/theirs.conf:1')
  })

  test('one key that a kernel lacks stops none of the others', () => {
    const sysctls = [
      { key: 'net.netfilter.nf_conntrack_dccp_timeout_open', value: '60' },
      { key: 'net.netfilter.nf_conntrack_helper', value: '1' },
      { key: 'net.netfilter.nf_conntrack_udp_timeout', value: '20' },
    ]
    const { verdict, changes, findings } = planned('fedora-6.19', { sysctls, persist: false })
    expect(verdict).toBe('possible')
    expect(changes.map(({ key }) => key)).toEqual(['net.netfilter.nf_conntrack_udp_timeout'])
    expect(findings.map(({ code }) => code)).toEqual(['key-missing', 'key-missing'])
  })
})
