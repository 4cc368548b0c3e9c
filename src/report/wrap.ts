/**
 * Breaks a text at blanks (or inside a word that is longer than a line) so that no line passes `width` columns.
 * The first line starts with `head`, the others with as many blanks. A width of Infinity never breaks.
 */
export function wrap(text: string, width: number, head = ''): string[] {
  const room = Math.max(width - head.length, 20)
  const lines: string[] = []
  let rest = text
  while (rest.length > room) {
    const blank = rest.lastIndexOf(' ', room)
    const end = blank > 0 ? blank : room
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  if (rest !== '' || lines.length === 0) lines.push(rest)
  const blanks = ' '.repeat(head.length)
  return lines.map((line, index) => (index === 0 ? head : blanks) + line)
}
