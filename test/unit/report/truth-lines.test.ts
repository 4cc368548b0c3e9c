import { expect, test } from 'vitest'
import type { Truths } from '../../../src/plan/truths.ts'
import type { HostResult } from '../../../src/report/host-result.ts'
import { painter } from '../../../src/report/paint.ts'
import { truthLines } from '../../../src/report/truth-lines.ts'

const max = 'net.netfilter.nf_conntrack_max'
const ours = '/etc/sysctl.d/zz-conntrackctl.conf:2'

const well: Truths = {
  live: [{ key: max, wished: '262144', value: '262144', as_wished: true }],
  boot: [{ key: max, wished: '262144', value: '262144', as_wished: true, decided_by: ours, known: true }],
  module: { now: 'loaded', at_boot: 'before_sysctl', why: '/etc/modules:3 loads it' },
  hashsize: { wished: 65_000, live: 65_024 },
  symptoms: {
    since: 'boot',
    drop: 0,
    early_drop: 0,
    insert_failed: 7,
    chainlength: null,
    headroom_percent: 40,
  },
}

function lines(all: readonly Truths[], isVerbose = false): readonly string[] {
  const hosts = all.map((truths, index): HostResult => ({
    host: `web${index}`,
    play: 'p',
    status: 'ok',
    facts: null,
    changes: [],
    findings: [],
    error: null,
    truths,
  }))
  return truthLines(hosts, { paint: painter(false), width: Infinity, isVerbose })
}

test('five lines, and what is not known is said', () => {
  expect(lines([well])).toEqual([
    '  live      as wished: nf_conntrack_max 262144',
    '  at boot   as wished: nf_conntrack_max 262144 (/etc/sysctl.d/zz-conntrackctl.conf:2)',
    '  module    loaded; at boot there before the sysctls are set: /etc/modules:3 loads it',
    '  hashsize  65024 buckets; asked for 65000',
    '  symptoms  since boot: 0 dropped, 0 early-dropped, 7 inserts failed, not known: lost to long chains; 40 % of max free',
  ])
})

test('what is otherwise comes with the line that decides it', () => {
  const line = {
    key: max,
    wished: '262144',
    value: '1000',
    as_wished: false,
    decided_by: '/etc/sysctl.conf:3',
    known: true,
  }
  const bad: Truths = {
    ...well,
    live: [{ key: max, wished: '262144', value: null, as_wished: false }],
    boot: [line, { ...line, key: 'net.ipv4.ip_forward', known: false }],
    module: { now: 'absent', at_boot: 'never', why: '' },
    hashsize: { wished: null, live: null },
    symptoms: { ...well.symptoms, since: '20261122T190000Z-3f9c', headroom_percent: null },
  }
  expect(lines([bad])).toEqual([
    '  live      1 of 1 not as wished: nf_conntrack_max is not there, not 262144',
    '  at boot   not as wished: nf_conntrack_max is 1000, not 262144 (/etc/sysctl.conf:3); not known: net.ipv4.ip_forward',
    '  module    not loaded; at boot not loaded by anybody',
    '  hashsize  not known',
    '  symptoms  since run 20261122T190000Z-3f9c: 0 dropped, 0 early-dropped, 7 inserts failed, not known: lost to long chains; headroom not known',
  ])
})

test('hosts that differ in numbers share a line, others are counted', () => {
  const fuller = { ...well, symptoms: { ...well.symptoms, headroom_percent: 12 } }
  const unknown = { ...well, hashsize: { wished: null, live: null } }
  const [, , , ...last] = lines([well, fuller, unknown])
  expect(last).toEqual([
    '  hashsize  65024 buckets; asked for 65000 (2 of 3 hosts)',
    '  hashsize  not known (1 of 3 hosts)',
    '  symptoms  since boot: 0 dropped, 0 early-dropped, 7 inserts failed, not known: lost to long chains; 12..40 % of max free',
  ])
})

test('without verify there are none', () => {
  expect(truthLines([], { paint: painter(false), width: 80, isVerbose: false })).toEqual([])
})

test('a host cannot do anything to the terminal', () => {
  const hostile = { ...well, module: { ...well.module, why: '\u001B[2Jgone' } }
  expect(lines([hostile]).join('')).not.toContain('\u001B')
})
