/** Stands before a line that was taken out of use; people find it, and no program reads past the first `#`. */
const marker = '# disabled by conntrackctl: '

/** Takes lines (from 1) of a text out of use; every other byte stays as it is. */
export function commentOut(text: string, lines: ReadonlySet<number>): string {
  return text
    .split('\n')
    .map((line, index) => (lines.has(index + 1) ? `${marker}${line}` : line))
    .join('\n')
}

/**
 * Takes `hashsize=` out of an `options` line of modprobe.d: the line stands behind a comment sign, and what else
 * it asked for in a line of its own below. Null for a line that goes on in the next one.
 */
export function withoutHashsize(line: string): string | null {
  if (/\\\r?$/.test(line)) return null
  const end = line.endsWith('\r') ? '\r' : ''
  const words = line.trim().split(/\s+/)
  const rest = words.filter((word) => !/^"?hashsize=/.test(word))
  const kept = rest.length > 2 ? `\n${rest.join(' ')}${end}` : ''
  return `${marker}${line}${kept}`
}

/** Would the line, commented out, still say something? To systemd a CR ends a line as well. */
export function isOneLine(line: string): boolean {
  return !/[\r\0]/.test(line.replace(/\r$/, ''))
}
