import type { RunEvent } from '../fleet/run-event.ts'
import { printable } from '../printable.ts'
import type { Target } from '../ssh/target.ts'

/** Where hosts are, for -vvv. */
export type WayOf = (
  host: string,
) => Pick<Target, 'address' | 'port' | 'user' | 'become' | 'identityFiles' | 'route' | 'transport'> | null

/**
 * What -vv and -vvv print while a run goes: each step of each host with the time since the run began, and, from 3 on, the
 * way to the host and every planned change. Passwords, passphrases and keys are not in any of it. Gives the lines of an event.
 */
export function detailLines(
  verbosity: number,
  seconds: () => number,
  wayOf: WayOf,
): (event: RunEvent) => readonly string[] {
  const line = (host: string, text: string): string =>
    printable(`${seconds().toFixed(3).padStart(8)} ${host}: ${text}`)
  return (event) => {
    if (verbosity < 2) return []
    switch (event.kind) {
      case 'stage_reached': {
        const way = verbosity > 2 && event.stage === 'connect' ? wayText(wayOf(event.host)) : ''
        return [line(event.host, `${event.stage}${way}`)]
      }
      case 'host_planned': {
        const { host, changes } = event
        const count = `planned ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`
        if (verbosity < 3) return [line(host, count)]
        const rows = changes.map(({ kind, key, before, after }) =>
          kind === 'file'
            ? `${kind} ${key}`
            : `${kind} ${key}: ${before ?? 'nothing'} -> ${after ?? 'nothing'}`,
        )
        return [line(host, count), ...rows.map((row) => line(host, `  ${row}`))]
      }
      case 'host_finished':
      case 'host_revised': {
        const { host, status, error, facts } = event.result
        const why = error === null ? '' : ` (${error.kind} at ${error.stage}: ${error.message})`
        const read =
          verbosity > 2 && facts !== null
            ? `; Linux ${facts.kernel}, ${facts.count ?? '?'} of ${facts.max ?? '?'} entries, ${facts.hashsize ?? '?'} buckets`
            : ''
        return [line(host, `${status}${why}${read}`)]
      }
      case 'gate':
        return [
          line(event.play, event.stopped === null ? `batch ${event.number} may be followed` : event.stopped),
        ]
      case 'play_started':
      case 'batch_started':
      case 'waiting':
      case 'play_finished':
        return []
    }
  }
}

function wayText(way: ReturnType<WayOf>): string {
  if (way === null) return ''
  const { user, address, port, route, become, identityFiles, transport } = way
  const through = { direct: '', jump: ' through a jump host', command: ' over a ProxyCommand' }[route.kind]
  const keys = identityFiles.length === 0 ? ', no key files' : `, keys ${identityFiles.join(' ')}`
  const as = become === null ? '' : `, ${become.method} to ${become.user}`
  return ` ${transport === 'local' ? 'this machine' : `${user}@${address}:${port}${through}${keys}`}${as}`
}
