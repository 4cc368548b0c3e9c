import type { RecordEntry, RunStart } from '../../../src/record/record-entry.ts'
import type { HostResult } from '../../../src/report/host-result.ts'
import { madeUpChange, madeUpHost } from '../report/made-up.ts'

export const start: RunStart = {
  version: 1,
  run: '20261122T190000Z-3f9c',
  command: 'apply',
  playbook: 'playbooks/prevent.yml',
  inventory: ['hosts.ini'],
  arguments: ['apply', 'playbooks/prevent.yml', '-i', 'hosts.ini'],
  started: '2026-11-22T19:00:00.000Z',
  controller: { host: 'bastion', user: 'ops', pid: 4711, version: '0.1.0' },
}

export const clock = (): Date => new Date('2026-11-22T19:00:05.000Z')

const facts = { kernel: '6.1.0', count: 1200, max: 65_536, hashsize: 16_384, memory_bytes: 21_102_592 }
// Text that a careless journal would break on: line ends of all kinds, an escape sequence, half a surrogate pair.
const before = '# by hand\r\nnet.x = 1\u2028\u001b[31m\ud800\n'
const changes = [
  madeUpChange('net.netfilter.nf_conntrack_max', '65536', '262144'),
  madeUpChange('/etc/sysctl.d/90-conntrackctl.conf', before, 'net.x = 2\n', { kind: 'file' }),
]

const plannedChanges = changes.map(({ kind, key, path, before: stood, after, reason }) => ({
  kind,
  key,
  path,
  before: stood,
  after,
  reason,
}))

/** What is kept before `host` is changed. */
export function planned(host: string): RecordEntry {
  return { kind: 'planned', host, play: 'Raise the ceiling', facts, changes: plannedChanges }
}

/** How `host` ended when all went well. */
export function changed(host: string): HostResult {
  return madeUpHost(host, 'changed', { facts, changes })
}

/** What is told of `host` when it was never heard of again. */
export function lost(host: string): HostResult {
  return madeUpHost(host, 'unknown', {
    facts,
    changes: changes.map((change) => ({ ...change, state: 'planned' })),
    error: {
      kind: 'cancelled',
      stage: 'apply',
      message: 'conntrackctl ended while this host was being changed',
      hint: 'Run verify to see how far it got; running apply again is safe.',
    },
  })
}
