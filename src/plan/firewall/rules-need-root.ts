import type { RuleOutcome } from '../rule.ts'

/** Nobody but root reads a packet filter. */
export function rulesNeedRoot(uid: number): RuleOutcome {
  return {
    verdict: 'needs_root',
    findings: [
      {
        code: 'needs-root',
        severity: 'error',
        message: `the packet filter cannot be read as user ${uid}`,
        hint: 'Set `become: true` in the play, or log in as root.',
      },
    ],
  }
}
