import { readFileSync } from 'node:fs'

/** A script of this folder without comments and indentation, which the host has no use for. There are no here-documents in ours. */
export function loadScript(name: string): string {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  return text.replace(/^[ \t]+/gm, '').replace(/^(#.*)?\n/gm, '')
}
