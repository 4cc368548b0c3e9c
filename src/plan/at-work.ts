import type { HostFacts } from '../host/facts.ts'
import type { Finding } from './change.ts'

/** What there is to say of other runs on a host, whatever is wished of it. */
export function findAtWork({ atWork: { holder, hasJournal } }: HostFacts): readonly Finding[] {
  if (holder !== null)
    return [
      {
        code: 'being-changed',
        severity: 'info',
        message: `another run is changing this host: ${holder}`,
        hint: 'What is shown here may be half of that; wait for it to end.',
      },
    ]
  if (!hasJournal) return []
  return [
    {
      code: 'interrupted-run',
      severity: 'warning',
      message: 'a run was killed while it changed this host, which is half changed since',
      hint: 'The next apply puts back what that run did, before it does anything else.',
    },
  ]
}

/** Says that an interrupted run was undone. */
export const healed: Finding = {
  code: 'interrupted-run-undone',
  severity: 'info',
  message: 'a run had been killed while it changed this host; what it did was put back first',
  hint: 'Nothing is to be done.',
}
