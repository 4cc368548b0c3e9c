/** Names of one shape: the texts between their numbers, and each name's numbers as they are written. */
interface Shape {
  readonly texts: readonly string[]
  readonly rows: string[][]
}

/** A folded name: for each place of a number, the numbers that stand there. */
type Folded = string[][]

/**
 * Many host names as one short text, as ClusterShell's `nodeset -f` writes it: `db[1-3],web[001-480]`.
 * Zero padding is kept, names with several numbers fold at each of them (`rack[1-2]n[01-40]`), and a
 * name that is given twice comes once. Names that hold `[`, `]` or `,` are given as they are.
 */
export function foldHosts(names: readonly string[]): string {
  return foldHostParts(names).join(',')
}

/** The parts of `foldHosts`, for those who can show only some of them. */
export function foldHostParts(names: readonly string[]): string[] {
  const shapes = new Map<string, Shape>()
  const plain: string[] = []
  for (const name of new Set(names)) {
    if (/[[\],]/.test(name) || !/\d/.test(name)) {
      plain.push(name)
      continue
    }
    const texts = name.split(/\d+/)
    const key = texts.join('%s')
    const shape = shapes.get(key) ?? { texts, rows: [] }
    shapes.set(key, shape)
    shape.rows.push(name.match(/\d+/g) ?? [])
  }
  const parts = plain.map((name) => ({ key: name, written: [name] }))
  for (const [key, shape] of shapes) parts.push({ key, written: writeShape(shape) })
  return parts.sort((one, other) => compare(one.key, other.key)).flatMap(({ written }) => written)
}

function writeShape({ texts, rows }: Shape): string[] {
  rows.sort(compareRows)
  let folded: Folded[] = rows.map((row) => row.map((number) => [number]))
  // From the last number to the first: names that differ in this place only become one.
  for (let place = texts.length - 2; place >= 0; place -= 1) folded = mergeAt(folded, place)
  return folded.map((numbers) =>
    texts.reduce((text, next, index) => text + writeNumbers(numbers[index - 1] ?? []) + next),
  )
}

function mergeAt(entries: readonly Folded[], place: number): Folded[] {
  const merged = new Map<string, Folded>()
  for (const entry of entries) {
    const key = entry.map((numbers, index) => (index === place ? '' : numbers.join(','))).join(' ')
    const same = merged.get(key)
    if (same === undefined) merged.set(key, [...entry])
    else same[place]?.push(...(entry[place] ?? []))
  }
  return [...merged.values()]
}

/** `7`, `[1-3]`, `[08-11,15]`: runs of neighbours; a padded run keeps one width. */
function writeNumbers(numbers: string[]): string {
  numbers.sort(compareNumbers)
  const [only] = numbers
  if (only !== undefined && numbers.length === 1) return only
  const runs: { first: string; last: string }[] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run !== undefined && follows(run, number)) run.last = number
    else runs.push({ first: number, last: number })
  }
  return `[${runs.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(',')}]`
}

function follows(run: { first: string; last: string }, number: string): boolean {
  const isPadded = run.first.length > 1 && run.first.startsWith('0')
  return successor(run.last) === number && (!isPadded || number.length === run.last.length)
}

/** The next whole number in decimal; on text, since a serial number in a name may pass what a float holds. */
function successor(number: string): string {
  const head = number.replace(/9+$/, '')
  const zeros = '0'.repeat(number.length - head.length)
  if (head === '') return `1${zeros}`
  return `${head.slice(0, -1)}${Number(head.at(-1)) + 1}${zeros}`
}

function compareRows(one: readonly string[], other: readonly string[]): number {
  for (const [index, number] of one.entries()) {
    const order = compareNumbers(number, other[index] ?? '')
    if (order !== 0) return order
  }
  return 0
}

/** Shorter ones first, so that `9` stands before `10` and a padded series stays together. */
function compareNumbers(one: string, other: string): number {
  return one.length - other.length || compare(one, other)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
