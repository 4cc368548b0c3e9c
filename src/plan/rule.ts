import type { HostFacts } from '../host/facts.ts'
import type { Wish } from '../playbook/wish.ts'
import type { Change, Finding, Verdict } from './change.ts'

/** What one rule makes of a wish on a host. Whatever is left out is nothing. */
export interface RuleOutcome {
  readonly changes?: readonly Change[]
  readonly findings?: readonly Finding[]
  readonly verdict?: Verdict
}

/** One matter that conntrackctl takes care of. Pure: the same wish and facts always give the same outcome. */
export type Rule = (wish: Wish, facts: HostFacts, allowed: ReadonlySet<GuardName>) => RuleOutcome

/** Guards that an operator may lift, by the name `--allow` takes. */
export const guardNames = ['max-below-count'] as const
export type GuardName = (typeof guardNames)[number]
