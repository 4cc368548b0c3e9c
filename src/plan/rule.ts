import type { HostFacts } from '../host/facts.ts'
import type { Change, Finding, Verdict } from './change.ts'
import type { SizedWish } from './size-wish.ts'

/** What one rule makes of a wish on a host. Whatever is left out is nothing. */
export interface RuleOutcome {
  readonly changes?: readonly Change[]
  readonly findings?: readonly Finding[]
  readonly verdict?: Verdict
  /** Why its changes may cut us off, a few words each: the host puts all back unless a new connection confirms. */
  readonly dangers?: readonly string[]
}

/** One matter that conntrackctl takes care of. Pure: the same wish and facts always give the same outcome. */
export type Rule = (wish: SizedWish, facts: HostFacts, allowed: ReadonlySet<GuardName>) => RuleOutcome

/** Guards that an operator may lift, by the name `--allow` takes, and what each is for. */
export const guards = {
  'max-below-count': 'a max below the live count: every new connection would be dropped',
  'little-headroom': 'a max that leaves less than a tenth above the live count',
  'no-limit': 'a max of 0, which is no limit: memory is the end then',
  'memory-share': 'a full table that takes more than a quarter of the memory',
  'big-resize': 'resizing the hash of a table with a million entries or more: it stands still for seconds',
  'risky-neighbour': 'a neighbouring sysctl that may cut the operator off',
  'notrack-ssh': 'taking the connections of SSH out of tracking',
  'notrack-opens':
    'letting untracked packets pass where the firewall drops some of those that begin a connection',
  'notrack-drops': 'untracked packets that the firewall would drop',
  'needs-tracking': 'taking traffic out of tracking that NAT, a helper or containers need it for',
  'stateless-ssh': 'a rule that lets in SSH whatever the state of its packets',
  'stateless-opens': 'a rule that without its state lets in more than the services of the play',
  'drain-in-use':
    'deleting entries of connections that may be in use: a filter without `idle` or a closing state',
  'changed-since': 'rolling back what somebody has changed after the run',
} as const

export type GuardName = keyof typeof guards

export const guardNames = Object.keys(guards) as readonly GuardName[]
