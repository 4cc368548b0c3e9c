import type { PictureFacts, TopKind } from './facts.ts'

const topKinds: readonly TopKind[] = ['source', 'network', 'destination', 'aim', 'port', 'pair', 'pool']
const classes = ['opening', 'established', 'closing', 'udp', 'other'] as const

/** Cells and tops that are kept of one answer; entries.sh prints fewer. */
const mostLines = 600

/** Addresses, ports and blanks between them: what an entry can be named by. */
const name = /^[0-9a-f.:/]{2,50}(?: [0-9a-f.:/]{2,50})?(?: [a-z0-9-]{1,20}\/\d{0,5})?$/
const port = /^[a-z0-9-]{1,20}\/\d{1,5}$/

/** Reads what the picture of entries.sh printed; null where it was not asked for. */
export function parsePicture(words: ReadonlyMap<string, readonly string[]>): PictureFacts | null {
  const source = words.get('table')?.[0]
  if (source !== 'proc' && source !== 'conntrack' && source !== 'unreadable' && source !== 'missing')
    return null
  const [, taken, strange, more, translated] =
    /^(\d{1,9}) (\d{1,9}) ([01]) (\d{1,9})$/.exec(words.get('entries')?.[0] ?? '') ?? []
  return {
    source,
    taken: Number(taken ?? 0),
    strange: Number(strange ?? 0),
    isSample: more === '1',
    translated: Number(translated ?? 0),
    isBusy: words.has('busy'),
    cells: (words.get('cell') ?? []).slice(0, mostLines).flatMap(cellOf),
    tops: (words.get('top') ?? []).slice(0, mostLines).flatMap(topOf),
  }
}

function cellOf(line: string): PictureFacts['cells'] {
  const [, count, protocol = '', state = '', flag, idle] =
    /^(\d{1,9}) ([a-z0-9-]{1,20}) ([A-Z0-9_]{1,20}|-) (assured|unreplied|replied) (-?\d{1,6})$/.exec(line) ??
    []
  if (count === undefined) return []
  const known = flag === 'assured' || flag === 'unreplied' ? flag : 'replied'
  return [{ count: Number(count), protocol, state, flag: known, idleSeconds: Number(idle) }]
}

function topOf(line: string): PictureFacts['tops'] {
  const [, count, kindWord, classWord, rest = ''] = /^(\d{1,9}) (\w+) (\w+) (.{1,130})$/.exec(line) ?? []
  const kind = topKinds.find((one) => one === kindWord)
  const group = classes.find((one) => one === classWord)
  if (count === undefined || kind === undefined || group === undefined) return []
  return (kind === 'port' ? port : name).test(rest)
    ? [{ count: Number(count), kind, class: group, name: rest }]
    : []
}
