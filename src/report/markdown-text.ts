import { printable } from '../printable.ts'

/** Text that is nothing but text in Markdown as GitHub, GitLab and chats read it: no markup, no mention, no link. */
export function markdownText(text: string): string {
  return (
    printable(text)
      .replaceAll(/[\\`*_{}[\]<>()#+!|~&-]/g, String.raw`\$&`)
      // Links and mentions are found in the text behind the markup: a backslash hides the first, code the second.
      .replaceAll('://', String.raw`\://`)
      .replaceAll(/www\./gi, (word) => `${word.slice(0, 3)}\\.`)
      .replaceAll('@', '`@`')
  )
}

/** Text as code, also in the cell of a table. */
export function markdownCode(text: string): string {
  const shown = printable(text).replaceAll('|', String.raw`\|`)
  if (shown === '') return ''
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}
