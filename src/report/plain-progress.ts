import type { RunEvent } from '../fleet/run-event.ts'
import { printable } from '../printable.ts'
import type { Command } from './host-result.ts'
import { statuses } from './host-result.ts'
import { isTrouble } from './outcomes.ts'
import { countPlay, troubleCounts, troubleLine, type PlayCounter } from './play-tally.ts'

/** From this number of hosts on, a play tells how far it is, at each tenth. */
const largeFleet = 21
/** A fleet that is down must not fill a mailbox: the report names all of them. */
const mostTroubles = 20

/**
 * Progress for logs and cron mails: lines that are worth keeping. A play's start and end, each host in trouble as it
 * happens (the first twenty of a play), every tenth of a large fleet. Gives the lines that an event is worth.
 */
export function plainProgress(command: Command): (event: RunEvent) => string[] {
  let counter: PlayCounter = countPlay('', 0, 0)
  let tenths = 0
  let troubles = 0
  return (event) => {
    if (event.kind === 'play_started') {
      counter = countPlay(event.play, event.hosts, 0)
      tenths = 0
      troubles = 0
      return [`${command}: ${printable(event.play)}: ${event.hosts} ${event.hosts === 1 ? 'host' : 'hosts'}`]
    }
    counter.add(event)
    const { play, hosts, done, totals } = counter.tally()
    if (event.kind === 'play_finished') {
      const counts = statuses
        .filter((status) => totals[status] > 0)
        .map((status) => `${status}=${totals[status]}`)
      return [`${command}: ${printable(play)}: done: ${counts.join(' ') || 'no hosts'}`]
    }
    if (event.kind === 'stage_reached' || event.kind === 'host_planned' || event.kind === 'gate') return []
    if (event.kind === 'batch_started')
      return [
        `${command}: ${printable(play)}: batch ${event.number} of ${event.batches}: ${event.hosts} ${event.hosts === 1 ? 'host' : 'hosts'}`,
      ]
    if (event.kind === 'waiting')
      return [
        `${command}: ${printable(play)}: reads ${event.hosts} ${event.hosts === 1 ? 'host' : 'hosts'} again in ${event.seconds} s`,
      ]
    const lines: string[] = []
    if (isTrouble(event.result.status)) {
      troubles += 1
      if (troubles <= mostTroubles) lines.push(troubleLine(event.result))
      if (troubles === mostTroubles)
        lines.push('further hosts in trouble are counted here and named in the report')
    }
    const reached = Math.floor((done / hosts) * 10)
    if (hosts >= largeFleet && reached > tenths && done < hosts) {
      tenths = reached
      const counts = troubleCounts(totals).map((count) => `, ${count}`)
      lines.push(`${command}: ${printable(play)}: ${done} of ${hosts} hosts${counts.join('')}`)
    }
    return lines
  }
}
