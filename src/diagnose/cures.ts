import type { PictureFacts } from '../host/facts.ts'
import { placeOf } from '../plan/targets.ts'
import type { Picture } from './picture.ts'

type Cell = PictureFacts['cells'][number]

/** A timeout that is lowered, and what that saves once the entries there are have gone by it. */
export interface Cure {
  /** As a playbook has it: `tcp_time_wait`. */
  readonly timeout: string
  readonly from_seconds: number
  readonly to_seconds: number
  /** Entries that are idle for longer than the new timeout: in a steady state these would not be there. */
  readonly saves_entries: number
  /** How it was worked out. */
  readonly arithmetic: string
  /** Entries that exist keep the timeout they were given: how long the last of them stays if nobody deletes it. */
  readonly natural_drain_seconds: number
}

interface Candidate {
  readonly timeout: string
  /** From high to low: the first that is below what is configured and worth it is taken. One of entries.sh's buckets. */
  readonly seconds: number
  readonly isMeant: (cell: Cell) => boolean
}

const tcp =
  (state: string): Candidate['isMeant'] =>
  (cell) =>
    cell.protocol === 'tcp' && cell.state === state

/** RFC 5382: a translator keeps an idle connection for 2 hours and 4 minutes, since keepalives come every two hours. */
const natEstablishedSeconds = 7440

/** Timeouts that are long for what they wait for, with what is usual where tables are tuned. */
function candidates(isTranslating: boolean): readonly Candidate[] {
  return [
    {
      timeout: 'tcp_established',
      seconds: isTranslating ? natEstablishedSeconds : 3600,
      isMeant: tcp('ESTABLISHED'),
    },
    { timeout: 'tcp_time_wait', seconds: 30, isMeant: tcp('TIME_WAIT') },
    { timeout: 'tcp_fin_wait', seconds: 30, isMeant: tcp('FIN_WAIT') },
    { timeout: 'tcp_close_wait', seconds: 30, isMeant: tcp('CLOSE_WAIT') },
    { timeout: 'tcp_syn_sent', seconds: 30, isMeant: tcp('SYN_SENT') },
    { timeout: 'tcp_syn_recv', seconds: 30, isMeant: tcp('SYN_RECV') },
    {
      timeout: 'udp',
      seconds: 10,
      isMeant: ({ protocol, flag }) => protocol === 'udp' && flag !== 'assured',
    },
    {
      timeout: 'udp_stream',
      seconds: 60,
      isMeant: ({ protocol, flag }) => protocol === 'udp' && flag === 'assured',
    },
    { timeout: 'icmp', seconds: 10, isMeant: ({ protocol }) => protocol === 'icmp' },
  ]
}

/** Less of the table than this is not worth a changed timeout. */
const worthwhileShare = 0.05

/** Which timeouts to lower, what saves most first. */
export function curesFor(picture: Picture): readonly Cure[] {
  const isTranslating = picture.translated > picture.count * 0.05
  return candidates(isTranslating)
    .flatMap((candidate) => cureOf(candidate, picture))
    .toSorted((one, other) => other.saves_entries - one.saves_entries)
}

function cureOf({ timeout, seconds, isMeant }: Candidate, picture: Picture): readonly Cure[] {
  const key = timeout.startsWith('tcp_')
    ? `tcp_timeout_${timeout.slice(4)}`
    : timeout.replace(/^(udp|icmp)/, '$1_timeout')
  const place = placeOf(picture.facts, `net.netfilter.nf_conntrack_${key}`)
  const from = place.state === 'present' && /^\d{1,10}$/.test(place.value) ? Number(place.value) : null
  if (from === null || from <= seconds) return []
  const all = picture.entries(isMeant)
  // Those with a longer timeout than is configured now outlast it in any case.
  const idle = picture.entries(
    (cell) => isMeant(cell) && (cell.idleSeconds >= seconds || cell.idleSeconds === -2),
  )
  if (idle < picture.count * worthwhileShare) return []
  return [
    {
      timeout,
      from_seconds: from,
      to_seconds: seconds,
      saves_entries: idle,
      arithmetic: `${idle} of these ${all} entries are idle for ${seconds} s or more, and kept for ${from} s`,
      natural_drain_seconds: from,
    },
  ]
}
