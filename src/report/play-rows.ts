import { printable } from '../printable.ts'
import type { Paint } from './paint.ts'
import { troubleCounts, type PlayTally } from './play-tally.ts'

const doing = {
  connect: 'connecting',
  login: 'logging in',
  become: 'becoming root',
  read: 'reading',
  apply: 'changing',
  verify: 'verifying',
} as const

/** Rows that a play's drawing needs beside those for hosts in trouble, and the prompt's. */
const otherRows = 4
const columnsForIcon = 4

/**
 * A play on a terminal: how far it is and what goes on, then the latest hosts in trouble, as many as there is room
 * for. Each row fits its line.
 */
export function playRows(
  tally: PlayTally,
  size: { readonly columns: number; readonly rows: number },
  paint: Paint,
): string {
  const { play, hosts, done, totals, stages, troubles } = tally
  const room = size.columns - columnsForIcon
  const counts = troubleCounts(totals).join('  ')
  const busy = stages.map(([stage, count]) => `${count} ${doing[stage]}`).join('  ')
  const progress = `${done}/${hosts} hosts`
  const fixed = [progress, counts, busy].filter((part) => part !== '').join('  ')
  const head = [
    cut(printable(play), Math.max(room - fixed.length - 2, Math.floor(room / 3))),
    progress,
    ...(counts === '' ? [] : [paint(counts, 'red')]),
    ...(busy === '' ? [] : [paint(busy, 'dim')]),
  ].join('  ')
  const most = Math.max(Math.min(size.rows - otherRows, 5), 0)
  const shown = troubles.slice(troubles.length - Math.min(most, troubles.length))
  return [head, ...shown.map((line) => paint(cut(line, room), 'red'))].join('\n')
}

function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(room - 1, 1))}…` : text
}
