import type { HostFacts } from '../../host/facts.ts'
import type { FirewallKind } from '../../kernel/firewall/firewall.ts'
import { renderNftFile, withInclude } from '../../kernel/firewall/nft-file.ts'
import type { PlacedRule } from '../../kernel/firewall/our-rules.ts'
import { ourNftFile } from '../../kernel/firewall/ruleset-files.ts'
import { withSavedRules } from '../../kernel/firewall/saved-rules.ts'
import type { Change } from '../change.ts'
import type { RuleOutcome } from '../rule.ts'
import { nftFileOf, notKept, savedFileOf, textOf } from './boot-files.ts'
import type { RuleProgram } from './rule-programs.ts'

/** Has the files from which a host loads its rules at boot hold just these of ours; says where nothing loads any. */
export function lastingRules(
  kind: FirewallKind,
  { path, families }: RuleProgram,
  placed: readonly PlacedRule[],
  facts: HostFacts,
): RuleOutcome {
  if (path === 'nft') return nftOutcome(placed, facts)
  const file = savedFileOf(kind, families, facts)
  if (file === null) return placed.length === 0 ? {} : notKept(kind, facts)
  const before = textOf(facts, file)
  return fileChange(file, before, withSavedRules(before, placed))
}

function nftOutcome(placed: readonly PlacedRule[], facts: HostFacts): RuleOutcome {
  const main = nftFileOf(facts)
  if (main === null) {
    if (placed.length > 0) return notKept('nft', facts)
    return fileChange(ourNftFile, textOf(facts, ourNftFile), null)
  }
  const text = textOf(facts, main) ?? ''
  return {
    changes: [
      ...(fileChange(ourNftFile, textOf(facts, ourNftFile), renderNftFile(placed)).changes ?? []),
      ...(fileChange(main, text, withInclude(text, placed.length > 0)).changes ?? []),
    ],
  }
}

function fileChange(path: string, before: string | null, after: string | null): RuleOutcome {
  if (before === after) return {}
  const change: Change = {
    kind: 'file',
    key: path,
    path,
    before,
    after,
    reason: after === null ? 'nothing of ours is left in it' : 'has the same rules at boot',
  }
  return { changes: [change] }
}
