import type { HostFacts, Place } from '../host/facts.ts'
import type { RuleOutcome } from './rule.ts'
import { isForeignTable } from './targets.ts'

/** Why a place that ought to change cannot be written; null when it can. */
export function cannotWrite(key: string, place: Place, facts: HostFacts): RuleOutcome | null {
  if (place.state === 'missing' || (place.state === 'present' && place.writable)) return null
  if (facts.uid !== 0)
    return {
      verdict: 'needs_root',
      findings: [
        {
          code: 'needs-root',
          severity: 'error',
          message: `${key} cannot be ${place.state === 'present' ? 'written' : 'read'} as user ${facts.uid}`,
          hint: 'Set `become: true` in the play, or log in as root.',
        },
      ],
    }
  return {
    verdict: 'unsupported',
    findings: [
      isForeignTable(facts)
        ? {
            code: 'not-our-namespace',
            severity: 'error',
            message: `${key} belongs to the host of this container: it is not in the first network namespace`,
            hint: 'Run the playbook against the host that this container runs on.',
          }
        : {
            code: 'read-only',
            severity: 'error',
            message: `${key} is read-only here: ${place.path} cannot be opened for writing`,
            hint: 'A container gets /proc/sys read-only; set the value on the machine it runs on.',
          },
    ],
  }
}
