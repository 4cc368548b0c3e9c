import type { Status } from '../host-result.ts'
import { html, type Markup } from './markup.ts'

/** A shape beside the colour: who does not tell red from green, or prints without colour, reads the same. */
const shapes: Readonly<Record<Status, string>> = {
  ok: '●',
  changed: '◆',
  pending: '◇',
  skipped: '○',
  unsupported: '▣',
  unknown: '▲',
  unreachable: '✕',
  failed: '■',
}

export const statusWords: Readonly<Record<Status, string>> = {
  ok: 'as wished',
  changed: 'changed and verified',
  pending: 'to be changed',
  skipped: 'not reached',
  unsupported: 'cannot take the wish',
  unknown: 'lost on the way',
  unreachable: 'unreachable',
  failed: 'failed',
}

export function statusMark(status: Status): Markup {
  return html`<span class="mark s-${status}" aria-hidden="true">${shapes[status]}</span>`
}
