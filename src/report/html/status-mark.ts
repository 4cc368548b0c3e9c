import type { Command, HostResult, Status } from '../host-result.ts'
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

const statusWords: Readonly<Record<Status, string>> = {
  ok: 'as wished',
  changed: 'changed and verified',
  pending: 'to be changed',
  skipped: 'not reached',
  unsupported: 'cannot take the wish',
  unknown: 'lost on the way',
  unreachable: 'unreachable',
  failed: 'failed',
}

/** What a status means otherwise where nothing was wished of the hosts, or something of the past. */
const wordsOf: Readonly<Partial<Record<Command, Partial<Record<Status, string>>>>> = {
  verify: { pending: 'drifted' },
  rollback: { ok: 'as it was', changed: 'put back and verified', pending: 'to be put back' },
  check: { ok: 'with room', pending: 'over a threshold' },
  diagnose: { ok: 'looked at' },
}

/** A status in words, as that command means it. */
export function statusWord(status: Status, command: Command): string {
  return wordsOf[command]?.[status] ?? statusWords[status]
}

const levelWords = { critical: 'critical', warning: 'warning', not_known: 'no table', ok: 'ok' } as const

/** How a host ended, in the one word of the table; for `check` how urgent it is. */
export function shortStatus({ status, usage }: HostResult): string {
  return usage === undefined ? status : levelWords[usage.level]
}

export function statusMark(status: Status): Markup {
  return html`<span class="mark s-${status}" aria-hidden="true">${shapes[status]}</span>`
}
