import { expect, test } from 'vitest'
import { appliedOutcome } from '../../../src/fleet/host-outcome.ts'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import type { StepFailure } from '../../../src/host/parse-steps.ts'
import type { Change, HostPlan } from '../../../src/plan/change.ts'

const facts = parseFacts('kernel 6.1.0\nuid 0\n', 'verify')
const label = { host: 'web01', play: 'room' }
const possible = (changes: readonly Change[]): HostPlan => ({ changes, findings: [], verdict: 'possible' })

const module: Change = {
  kind: 'module',
  key: 'nf_conntrack',
  path: 'nf_conntrack',
  before: null,
  after: 'loaded',
  reason: '',
}
const file: Change = { ...module, kind: 'file', key: '/etc/x.conf', path: '/etc/x.conf', after: 'ours\n' }
const none: ReadonlySet<number> = new Set()

test('a file that somebody else overwrote is named, and its text kept out of the sentence', () => {
  const left = possible([{ ...file, before: 'a secret of theirs\n' }])
  const applied = {
    failure: null,
    done: new Set([0]),
    stuck: none,
    facts,
    removed: new Map<number, string>(),
    drained: new Map(),
    unconfirmed: null,
  }
  const { status, error } = appliedOutcome(label, possible([file]), applied, left)
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    kind: 'not_verified',
    message: 'after the change, /etc/x.conf is not what was written',
  })
})

test('what could not be put back is named; otherwise nothing of the run is left', () => {
  const failure: StepFailure = { kind: 'disk_full', index: 1, message: 'no room', hint: 'Make room.' }
  const outcomeOf = (stuck: ReadonlySet<number>) =>
    appliedOutcome(
      label,
      possible([module, file]),
      {
        failure,
        done: none,
        stuck,
        facts,
        removed: new Map<number, string>(),
        drained: new Map(),
        unconfirmed: null,
      },
      possible([file]),
    )

  const stays = outcomeOf(new Set([0]))
  expect(stays.error?.hint).toBe('Make room. Not put back: nf_conntrack.')
  expect(stays.changes.map(({ state }) => state)).toEqual(['applied', 'failed'])
  const whole = outcomeOf(none)
  expect(whole.error?.hint).toBe('Make room. Nothing of this run is left on the host.')
  expect(whole.changes.map(({ state }) => state)).toEqual(['planned', 'failed'])
})
