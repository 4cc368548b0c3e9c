import { readFileSync } from 'node:fs'

/** A script of this folder without comments and indentation, which the host has no use for. There are no here-documents in ours. */
export function loadScript(name: string): string {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  return text.replace(/^[ \t]+/gm, '').replace(/^(#.*)?\n/gm, '')
}

/** A program of this folder that a host's Perl or Python runs, without comments. */
export function loadProgram(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8').replace(/^#.*\n/gm, '')
}
