import type { HostFacts } from '../../host/facts.ts'
import type { Firewall } from '../../kernel/firewall/firewall.ts'
import { likenessOf } from '../../kernel/firewall/likeness.ts'
import { chainKey, withoutOurs } from '../../kernel/firewall/our-rules.ts'
import type { ChainPlace } from '../../kernel/firewall/rewriting.ts'
import type { Service } from '../../kernel/firewall/service.ts'
import type { RuleOutcome } from '../rule.ts'
import { nftFileOf, notKept, savedFileOf, textOf } from './boot-files.ts'
import { unsupported } from './guard-services.ts'
import { judgeRule } from './judge-rewriting.ts'
import { dialectOf, type Rewriting, withRewritings } from './rewritten-rules.ts'
import type { RuleProgram } from './rule-programs.ts'

/** What a program lists, which of its rules give way to others, and for which services. */
export interface Rewritten {
  readonly program: RuleProgram
  readonly listing: string
  readonly rewritings: readonly Rewriting[]
  readonly services: readonly Service[]
  readonly sshPort: number
}

/**
 * Has the file from which a host loads its rules at boot say the same: the same rules, however they are written there. A
 * rule that the kernel has in force and the file does not would come back with its state, or not at all.
 */
export function lastingRewritings({ kind }: Firewall, rewritten: Rewritten, facts: HostFacts): RuleOutcome {
  const { program, rewritings } = rewritten
  const path = program.path === 'nft' ? nftFileOf(facts) : savedFileOf(kind, program.families, facts)
  const before = path === null ? null : textOf(facts, path)
  if (path === null || before === null) return rewritings.length === 0 ? {} : notKept(kind, facts)
  const after = withFile(rewritten, before)
  const there = rulesIn(rewritten, after)
  const missing = rewritings.find(({ place, after: rule }) => !there.has(idOf(rewritten, place, rule)))
  if (missing !== undefined)
    return unsupported({
      code: 'rule-not-in-file',
      message: `${chainKey(missing.place)}: ${missing.before} is in force, and not found in ${path}, from which rules are loaded at boot`,
      hint: `Write that rule into ${path}, on a line of its own in its chain, or set \`persist: false\` and run the playbook after each boot.`,
    })
  if (after === before) return {}
  return {
    changes: [{ kind: 'file', key: path, path, before, after, reason: 'has the same rules at boot' }],
  }
}

/** A file with its rules rewritten as those of the kernel are: what the kernel keeps, it keeps as well. */
function withFile({ program, listing, rewritings, services, sshPort }: Rewritten, text: string): string {
  const dialect = dialectOf(program.path)
  const ruleset = withoutOurs({
    chains: dialect.chains(withRewritings(dialect, listing, rewritings)),
  })
  const chains = new Map(ruleset.chains.map((chain) => [chainKey(chain), chain]))
  const live = new Set(
    ruleset.chains.flatMap((chain) => chain.rules.map((rule) => `${chainKey(chain)} ${likenessOf(rule)}`)),
  )
  return dialect.rewrite(text, (place, rule) => {
    const chain = chains.get(chainKey(place))
    const parsed = dialect.parse(rule)
    const [only] = parsed
    if (chain === undefined || only === undefined || parsed.length > 1) return null
    const isLive = (one: typeof only): boolean => live.has(`${chainKey(place)} ${likenessOf(one)}`)
    const judgement = judgeRule(chain, rule, parsed, { ruleset, services, sshPort, strip: dialect.strip })
    if (judgement?.stripped.ok !== true || isLive(only)) return null
    const { stripped, opens, isSsh } = judgement
    const isCertain = opens === null && !isSsh
    return isCertain || dialect.parse(stripped.text).some(isLive) ? stripped.text : null
  })
}

function rulesIn(rewritten: Rewritten, text: string): ReadonlySet<string> {
  const ids = new Set<string>()
  dialectOf(rewritten.program.path).rewrite(text, (place, rule) => {
    ids.add(idOf(rewritten, place, rule))
    return null
  })
  return ids
}

function idOf({ program }: Rewritten, place: ChainPlace, rule: string): string {
  const rules = dialectOf(program.path).parse(rule)
  return `${chainKey(place)} ${rules.map(likenessOf).join(' ')}`
}
