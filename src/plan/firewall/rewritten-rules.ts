import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import { type Dialect, iptablesDialect, nftDialect } from '../../kernel/firewall/dialect.ts'
import type { Change } from '../change.ts'
import { chainKey } from '../../kernel/firewall/our-rules.ts'
import type { ChainPlace } from '../../kernel/firewall/rewriting.ts'
import type { IpFamily } from '../../kernel/firewall/ruleset.ts'
import { type RulePath, rulePaths } from './rule-text.ts'

/** A rule of others that gives way to another. */
export interface Rewriting {
  readonly place: ChainPlace
  readonly before: string
  readonly after: string
}

/** Behind the program in the path of a change that puts rules in the place of others. */
const suffix = ' in place'

/** The path of such a change. */
export function rewritingPath(path: RulePath): string {
  return `${path}${suffix}`
}

/** Which program makes such a change; null for a change of another kind. */
export function rewritingProgram(path: string): RulePath | null {
  if (!path.endsWith(suffix)) return null
  return rulePaths.find((one) => rewritingPath(one) === path) ?? null
}

/** Rules as lines, as rewrite-rules.sh takes them and a diff shows them. */
export function rewritingTexts(path: RulePath, rewritings: readonly Rewriting[]): Texts {
  const lines = (side: 'before' | 'after'): string =>
    rewritings.map((one) => `${placeText(path, one.place)}: ${one[side]}\n`).join('')
  return { before: lines('before'), after: lines('after') }
}

/** The rules of such a change again. */
export function rewritingsIn(
  path: RulePath,
  { before, after }: Pick<Change, 'before' | 'after'>,
): readonly Rewriting[] {
  const fresh = linesOf(after)
  return linesOf(before).flatMap((line, index) => {
    const [, where = '', rule] = /^(.*?): (.*)$/.exec(line) ?? []
    const [, instead] = /^.*?: (.*)$/.exec(fresh[index] ?? '') ?? []
    const words = where.split(' ')
    const [family, table = '', name = ''] = path === 'nft' ? words : [familyOf(path), ...words]
    if (rule === undefined || instead === undefined) return []
    return [{ place: { family: family as ChainPlace['family'], table, name }, before: rule, after: instead }]
  })
}

interface Texts {
  readonly before: string
  readonly after: string
}

function placeText(path: RulePath, { family, table, name }: ChainPlace): string {
  return path === 'nft' ? `${family} ${table} ${name}` : `${table} ${name}`
}

/** How a program's rules are written. */
export function dialectOf(path: RulePath): Dialect {
  return path === 'nft' ? nftDialect : iptablesDialect(familyOf(path))
}

function familyOf(path: RulePath): IpFamily {
  return path.startsWith('ip6') ? 'ip6' : 'ip'
}

/** What a program listed; null where it was not asked. */
export function listingOf(path: RulePath, { nft, saved }: FirewallFacts): string | null {
  if (path === 'nft') return nft
  const tool = path.replace(/^ip6/, 'ip')
  return saved.find((one) => one.tool === tool && one.family === familyOf(path))?.text ?? null
}

/** The same facts, had that program listed this. */
export function withListing(path: RulePath, facts: FirewallFacts, text: string): FirewallFacts {
  if (path === 'nft') return { ...facts, nft: text }
  const tool = path.replace(/^ip6/, 'ip')
  const saved = facts.saved.map((one) =>
    one.tool === tool && one.family === familyOf(path) ? { ...one, text } : one,
  )
  return { ...facts, saved }
}

/** A text with these rules rewritten wherever they stand in it. */
export function withRewritings({ rewrite }: Dialect, text: string, rewritings: readonly Rewriting[]): string {
  const after = new Map(rewritings.map((one) => [ruleId(one.place, one.before), one.after]))
  return rewrite(text, (place, rule) => after.get(ruleId(place, rule)) ?? null)
}

/** A rule in its chain. */
export function ruleId(place: ChainPlace, rule: string): string {
  return `${chainKey(place)}: ${rule.replaceAll(/counter packets \d+ bytes \d+/g, 'counter')}`
}

/**
 * Which of the rules of a recorded change stand in the kernel now, in the words of that change: `before` or `after` where all
 * do, else line by line what there is; undefined where that program was not asked.
 */
export function rewrittenAt(
  program: RulePath,
  { before, after }: Pick<Change, 'before' | 'after'>,
  facts: FirewallFacts,
): string | undefined {
  const listing = listingOf(program, facts)
  if (listing === null) return undefined
  const there = new Set<string>()
  dialectOf(program).rewrite(listing, (place, rule) => {
    there.add(`${placeText(program, place)}: ${ruleId(place, rule).slice(chainKey(place).length + 2)}`)
    return null
  })
  const [old, fresh] = [linesOf(before), linesOf(after)]
  return fresh
    .map((line, index) => {
      const other = old[index] ?? ''
      const found = there.has(line) ? line : there.has(other) ? other : `${line.split(': ')[0]}: # gone`
      return `${found}\n`
    })
    .join('')
}

function linesOf(text: string | null): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '')
}
