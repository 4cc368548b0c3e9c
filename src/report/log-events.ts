import type { RunEvent } from '../fleet/run-event.ts'
import { type LogEvent, resultEvent } from './log-line-schema.ts'

/** An event of a run as a line of the log. */
export function logEventOf(event: RunEvent): LogEvent {
  switch (event.kind) {
    case 'play_started':
      return { event: 'play_started', play: event.play, hosts: event.hosts }
    case 'batch_started': {
      const { play, number, batches, hosts } = event
      return { event: 'batch_started', play, batch: number, batches, hosts }
    }
    case 'stage_reached':
      return { event: 'host_stage', host: event.host, stage: event.stage }
    case 'host_planned': {
      const { host, play, changes } = event
      const shown = changes.map(({ kind, key, before, after }) =>
        kind === 'file' ? { kind, key } : { kind, key, before, after },
      )
      return { event: 'host_planned', host, play, changes: shown }
    }
    case 'host_finished':
      return resultEvent(event.result)
    case 'host_revised':
      return resultEvent(event.result, event.before)
    case 'waiting':
      return { event: 'waiting', play: event.play, seconds: event.seconds, hosts: event.hosts }
    case 'gate': {
      const { play, number, stopped } = event
      return { event: 'gate', play, batch: number, opened: stopped === null, why: stopped }
    }
    case 'play_finished':
      return { event: 'play_finished', play: event.play }
  }
}
