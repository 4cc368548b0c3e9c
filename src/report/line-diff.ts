/** A line of a diff: kept (` `), taken away (`-`), put in (`+`), or the head of a hunk (`@`). */
export interface DiffLine {
  readonly mark: ' ' | '-' | '+' | '@'
  readonly text: string
}

const contextLines = 3
// Above this many pairs of lines the table of the comparison would take seconds: then all is shown as replaced.
const mostPairs = 4_000_000

/** How two texts differ, line by line, as `diff -u` shows it; empty when they are equal. */
export function diffLines(before: string, after: string): DiffLine[] {
  return hunks(compare(linesOf(before), linesOf(after)))
}

/** Lines without their ends; a last line without an end carries diff's own remark. */
function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}

/** The longest common sequence of lines, after what is equal at both ends is set aside. */
function compare(before: readonly string[], after: readonly string[]): DiffLine[] {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const kept = (text: string): DiffLine => ({ mark: ' ', text })
  return [
    ...before.slice(0, head).map(kept),
    ...compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(kept),
  ]
}

function compareMiddle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const removed = before.map((text): DiffLine => ({ mark: '-', text }))
  const added = after.map((text): DiffLine => ({ mark: '+', text }))
  if (before.length * after.length > mostPairs) return [...removed, ...added]
  // common[i][j]: how many lines before[i…] and after[j…] share in order.
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1))
  const at = (i: number, j: number) => common[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = common[i] ?? new Uint32Array()
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length)
    if (before[i] === after[j]) {
      lines.push({ mark: ' ', text: before[i] ?? '' })
      i += 1
      j += 1
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      lines.push({ mark: '-', text: before[i] ?? '' })
      i += 1
    } else {
      lines.push({ mark: '+', text: after[j] ?? '' })
      j += 1
    }
  return [...lines, ...removed.slice(i), ...added.slice(j)]
}

/** The changed lines with three around them, each group under its `@@` line. */
function hunks(lines: readonly DiffLine[]): DiffLine[] {
  const shown = new Set<number>()
  for (const [index, { mark }] of lines.entries())
    if (mark !== ' ')
      for (let near = index - contextLines; near <= index + contextLines; near += 1) shown.add(near)
  const result: DiffLine[] = []
  let [oldLine, newLine] = [0, 0]
  for (let index = 0; index < lines.length;) {
    const start = index
    while (index < lines.length && shown.has(index)) index += 1
    const hunk = lines.slice(start, index)
    if (hunk.length > 0) {
      const olds = hunk.filter(({ mark }) => mark !== '+').length
      const news = hunk.filter(({ mark }) => mark !== '-').length
      result.push({ mark: '@', text: `@@ -${span(oldLine, olds)} +${span(newLine, news)} @@` })
      // One by one: a host chooses how many there are, and a call takes only so many arguments.
      for (const line of hunk) result.push(line)
      oldLine += olds
      newLine += news
    } else {
      index += 1
      oldLine += 1
      newLine += 1
    }
  }
  return result
}

/** `first,count` as diff writes it: an empty span names the line before it. */
function span(linesBefore: number, count: number): string {
  return `${count === 0 ? linesBefore : linesBefore + 1},${count}`
}
