import type { Status } from './host-result.ts'

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 } as const

export type Color = keyof typeof codes

/** Gives a text a colour, or leaves it as it is. */
export type Paint = (text: string, color: Color) => string

/** A brush that paints with ANSI sequences, or one that is dry. */
export function painter(isColored: boolean): Paint {
  if (!isColored) return (text) => text
  return (text, color) => (text === '' ? '' : `\u001b[${codes[color]}m${text}\u001b[0m`)
}

/** Ansible's colours, where it has the word. */
export const statusColors: Readonly<Record<Status, Color>> = {
  ok: 'green',
  changed: 'yellow',
  pending: 'yellow',
  failed: 'red',
  unreachable: 'magenta',
  skipped: 'cyan',
  unsupported: 'red',
  unknown: 'red',
}
