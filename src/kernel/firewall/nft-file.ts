import { chainKey, ourTable, type PlacedRule } from './our-rules.ts'
import { ourNftFile } from './ruleset-files.ts'

/**
 * Our file for nftables: a table of our own, and rules at the heads of chains of others. A chain that is gone by then
 * is made anew, without a hook and so without effect: the load of a whole firewall must not fail for our rules.
 */
export function renderNftFile(placed: readonly PlacedRule[]): string | null {
  if (placed.length === 0) return null
  const isOwn = ({ chain }: PlacedRule): boolean =>
    chain.family === ourTable.family && chain.table === ourTable.table
  const own = placed.filter(isOwn)
  const foreign = placed.filter((one) => !isOwn(one))
  const chain = (name: string): readonly string[] => [
    `\tchain ${name} {`,
    `\t\ttype filter hook ${name} priority -300;`,
    ...own.filter((one) => one.chain.name === name).map(({ rule }) => `\t\t${rule.text}`),
    '\t}',
  ]
  return [
    '# Written by conntrackctl. Change the playbook, not this file.',
    `table inet ${ourTable.table}`,
    `delete table inet ${ourTable.table}`,
    `table inet ${ourTable.table} {`,
    ...chain('prerouting'),
    ...chain('output'),
    '}',
    ...[...new Map(foreign.map((one) => [chainKey(one.chain), one.chain])).values()].map(
      ({ family, table, name }) => `table ${family} ${table} {\n\tchain ${name} {\n\t}\n}`,
    ),
    // Each goes to the head, so that the last one here stands first.
    ...foreign.toReversed().map(({ chain: at, rule }) => `insert rule ${chainKey(at)} ${rule.text}`),
    '',
  ].join('\n')
}

const include = `include "${ourNftFile}"`

/** The main file with a line at its end that reads ours, or without it. */
export function withInclude(text: string, isWished: boolean): string {
  const lines = text.split('\n')
  const isThere = lines.some((line) => line.trim() === include)
  if (isThere === isWished) return text
  if (!isWished) return lines.filter((line) => line.trim() !== include).join('\n')
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${include}\n`
}
