import type { GuardName, RuleOutcome } from './rule.ts'

/** A refusal with its reason; the hint ends with the option that permits it. */
export function refuse(guard: GuardName, message: string, advice: string): RuleOutcome {
  return {
    verdict: 'refused',
    findings: [
      { code: guard, severity: 'error', message, hint: `${advice}, or permit it with --allow ${guard}.` },
    ],
  }
}
