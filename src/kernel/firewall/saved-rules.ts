import { commentPrefix, type PlacedRule } from './our-rules.ts'

/**
 * A file that iptables-restore reads, with these rules of ours and no others of ours. Each goes before the first rule
 * of its chain; a table that is not there yet comes to the end. All other bytes stay. Null for a file that then holds
 * nothing.
 */
export function withSavedRules(text: string | null, placed: readonly PlacedRule[]): string | null {
  let lines = (text ?? '').split('\n')
  const hasEnd = lines.at(-1) === ''
  if (hasEnd) lines.pop()
  lines = withoutMade(lines.filter((line) => !isOursLine(line)))
  const tables = [...new Set(placed.map(({ chain }) => chain.table))]
  for (const table of tables) {
    const own = placed.filter(({ chain }) => chain.table === table)
    lines = lines.some((line) => line.trim() === `*${table}`)
      ? insertInto(lines, table, own)
      : [...lines, ...section(table, own)]
  }
  if (lines.length === 0) return null
  const ending = hasEnd || text === null || text === '' ? '\n' : ''
  return `${lines.join('\n')}${ending}`
}

function isOursLine(line: string): boolean {
  return line.startsWith('-A ') && new RegExp(`--comment "?${commentPrefix}`).test(line)
}

const mark = '# Written by conntrackctl'

function section(table: string, placed: readonly PlacedRule[]): readonly string[] {
  const chains = [...new Set(placed.map(({ chain }) => chain.name))]
  return [
    mark,
    `*${table}`,
    ...chains.map((chain) => `:${chain} ACCEPT [0:0]`),
    ...placed.map(ruleLine),
    'COMMIT',
  ]
}

/** Without the sections that we made, once nothing of ours is in them. */
function withoutMade(lines: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < lines.length; index += 1) {
    const end = lines[index] === mark ? lines.indexOf('COMMIT', index) : -1
    const isEmpty = end !== -1 && lines.slice(index + 1, end).every((line) => /^[*:]/.test(line))
    if (isEmpty) index = end
    else kept.push(lines[index] ?? '')
  }
  return kept
}

function insertInto(lines: readonly string[], table: string, placed: readonly PlacedRule[]): string[] {
  const start = lines.findIndex((line) => line.trim() === `*${table}`)
  const end = lines.findIndex((line, index) => index > start && line.trim() === 'COMMIT')
  const last = end === -1 ? lines.length : end
  const added = new Map<number, string[]>()
  for (const one of placed) {
    const { name } = one.chain
    const first = lines.findIndex((line, index) => index > start && index < last && chainOf(line) === name)
    const at = first === -1 ? last : first
    added.set(at, [...(added.get(at) ?? []), ruleLine(one)])
  }
  const missing = [...new Set(placed.map(({ chain }) => chain.name))].filter(
    (name) => !lines.slice(start, last).some((line) => line.startsWith(`:${name} `)),
  )
  const declared = missing.filter((name) => /^[A-Z]+$/.test(name)).map((name) => `:${name} ACCEPT [0:0]`)
  return lines
    .flatMap((line, index) => [...(added.get(index) ?? []), line, ...(index === start ? declared : [])])
    .concat(added.get(lines.length) ?? [])
}

function chainOf(line: string): string | undefined {
  return /^(?:\[\d+:\d+\] )?-[AI] (\S+)/.exec(line)?.[1]
}

function ruleLine({ chain, rule }: PlacedRule): string {
  return `-A ${chain.name} ${rule.text}`
}
