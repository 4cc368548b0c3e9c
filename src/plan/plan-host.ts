import type { HostFacts } from '../host/facts.ts'
import { afterLoad } from './after-load.ts'
import type { HostPlan } from './change.ts'
import { afterRewriting, foldFiles } from './firewall/after-rewriting.ts'
import { mergeOutcomes } from './merge-outcomes.ts'
import type { GuardName, Rule, RuleOutcome } from './rule.ts'
import { bigResize } from './rules/big-resize.ts'
import { bootOrder } from './rules/boot-order.ts'
import { drain } from './rules/drain.ts'
import { headroom } from './rules/headroom.ts'
import { initramfsCopy } from './rules/initramfs-copy.ts'
import { lastingFiles } from './rules/lasting-files.ts'
import { loadModule } from './rules/load-module.ts'
import { memoryShare } from './rules/memory-share.ts'
import { noLimit } from './rules/no-limit.ts'
import { notrack } from './rules/notrack.ts'
import { otherWriters } from './rules/other-writers.ts'
import { overrideConflicts } from './rules/override-conflicts.ts'
import { persistence } from './rules/persistence.ts'
import { riskyNeighbours } from './rules/risky-neighbours.ts'
import { statelessRules } from './rules/stateless-rules.ts'
import { sysctls } from './rules/sysctls.ts'
import { tableSize } from './rules/table-size.ts'
import { unloadModules } from './rules/unload-modules.ts'
import type { SizedWish } from './size-wish.ts'

/** In the order in which their changes are made: the kernel first, so that a host is relieved at once. */
const rules: readonly Rule[] = [
  noLimit,
  headroom,
  memoryShare,
  bigResize,
  riskyNeighbours,
  tableSize,
  sysctls,
  statelessRules,
  notrack,
  unloadModules,
  drain,
  lastingFiles,
  persistence,
  overrideConflicts,
  initramfsCopy,
  bootOrder,
  otherWriters,
]

/**
 * Compares what a play wishes with what a host is. The same function plans a change and, on facts
 * read afterwards, verifies it: nothing left to change means verified.
 */
export function planHost(wish: SizedWish, facts: HostFacts, allowed: ReadonlySet<GuardName>): HostPlan {
  const module = loadModule(wish, facts, allowed)
  const seen = module.changes === undefined ? facts : afterLoad(facts)
  const rewriting = statelessRules(wish, seen, allowed)
  const rewritten = afterRewriting(seen, rewriting.changes ?? [])
  const outcomes = rules.map((rule) => {
    if (rule === statelessRules) return rewriting
    // What lets a service's untracked packets pass is not needed where its own rule does so by then.
    return rule(wish, rule === notrack ? rewritten : seen, allowed)
  })
  const plan = mergeOutcomes([unsized(wish), module, ...outcomes])
  // A host takes all of a wish or nothing of it.
  return { ...plan, changes: plan.verdict === 'possible' ? foldFiles(plan.changes) : [] }
}

function unsized({ unsized: finding }: SizedWish): RuleOutcome {
  return finding === undefined ? {} : { verdict: 'refused', findings: [finding] }
}
