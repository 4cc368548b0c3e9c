import type { BootFile, BootLine } from './boot-system.ts'

/** Lines, those that end in a backslash joined with the next (kmod 30 util.c freadline_wrapped). */
export function wrappedLines(file: BootFile): readonly BootLine[] {
  const lines: { line: number; text: string }[] = []
  // Where not all lines were read, a gap ends what a backslash would go on with.
  let next = 0
  for (const { line, text } of file.lines) {
    const continues = text.endsWith('\\')
    const piece = continues ? text.slice(0, -1) : text
    const last = lines.at(-1)
    if (line === next && last) last.text += piece
    else lines.push({ line, text: piece })
    next = continues ? line + 1 : 0
  }
  return lines
}
