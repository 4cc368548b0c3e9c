import { randomBytes } from 'node:crypto'
import type { Change } from '../plan/change.ts'
import type { Presence } from './script.ts'

/** Characters of a holder's words: they are the text of a link, next to a pid. */
const longestWho = 160

/** A presence of its own for one change of one host. `who` tells others whom they wait for. */
export function newPresence(who: string, changes: readonly Change[]): Presence {
  return {
    tag: randomBytes(5).toString('hex'),
    who: who.replaceAll(/[^\w.:@ -]/g, '_').slice(0, longestWho),
    journal: changes.some(({ kind }) => kind === 'file') ? 'etc' : 'run',
  }
}
