import { roughTime } from '../usage/rough-time.ts'
import { isClosing, isEstablished, isOpening, isUdp, type Picture, type Top } from './picture.ts'

/** What a table is full of, with the figures that say so. */
export interface Verdict {
  /** Stable word for programs. */
  readonly code:
    | 'idle-established'
    | 'time-wait-churn'
    | 'syn-flood'
    | 'port-scan'
    | 'dns-chatter'
    | 'udp-chatter'
    | 'noisy-client'
    | 'nat-pool'
    | 'health-checks'
    | 'steady-load'
  readonly entries: number
  /** Of the table, rounded. */
  readonly share_percent: number
  readonly message: string
  readonly advice: string
}

/** From these shares of a table on, something is what fills it. */
const share = { idle: 0.2, closing: 0.3, opening: 0.2, udp: 0.4, client: 0.5, translated: 0.3 } as const

/** Of a class, when one address or port stands for it. */
const dominant = 0.5

/** Ports that a translator can give out for one address, towards one address and port (IANA: from 1024 on). */
const poolPorts = 64_512

/** New connections a second that checks of a balancer or a monitor make; an attack or a busy service makes more. */
const checksPerSecond = 20

/** What fills the table, the largest part first; never empty. */
export function verdictsOf(picture: Picture): readonly Verdict[] {
  const found = [idleEstablished, closingChurn, halfOpen, udpChatter, noisyClient, natPool].flatMap((rule) =>
    rule(picture),
  )
  // Who makes the load stands behind what it is: on a proxy one client is all there is.
  const rank = ({ code, entries }: Verdict): number => (code === 'noisy-client' ? 0 : entries)
  if (found.length > 0) return found.toSorted((one, other) => rank(other) - rank(one))
  return [
    verdict(
      'steady-load',
      picture.count,
      picture,
      `no kind of entry stands out: ${top(picture.tops('port'))}`,
      'This is what the host is there for: it needs room, or help.',
    ),
  ]
}

function idleEstablished(picture: Picture): readonly Verdict[] {
  const all = picture.entries(isEstablished)
  const idle = picture.entries(
    (cell) => isEstablished(cell) && (cell.idleSeconds >= 3600 || cell.idleSeconds === -2),
  )
  if (idle < picture.count * share.idle) return []
  const place = picture.facts.places.get('net.netfilter.nf_conntrack_tcp_timeout_established')
  const kept = place?.state === 'present' ? `, and kept for ${roughTime(Number(place.value))}` : ''
  return [
    verdict(
      'idle-established',
      idle,
      picture,
      `${idle} of ${all} established connections have been idle for more than an hour${kept}: ${top(picture.tops('port', 'established'))}`,
      'Peers that are gone without a word leave them. Shorten tcp_established, and drain those that exist.',
    ),
  ]
}

function closingChurn(picture: Picture): readonly Verdict[] {
  const closing = picture.entries(isClosing)
  if (closing < picture.count * share.closing) return []
  // Of each connection that ended, an entry stays for the timeout: those of the last ten seconds give the rate.
  const rate = picture.entries((cell) => isClosing(cell) && cell.idleSeconds === 0) / 10
  const [pair] = picture.tops('pair', 'closing')
  const isCheck = (pair?.entries ?? 0) >= closing * dominant && rate <= checksPerSecond
  const figures = `${closing} connections that have ended wait for their timeout, ${perSecond(rate)} more each second: ${top(picture.tops('port', 'closing'))}`
  return [
    isCheck
      ? verdict(
          'health-checks',
          closing,
          picture,
          `${figures}; ${pair?.entries} of them ${pair?.name}, always the same two`,
          'A balancer or monitor asks over and over. Let it ask less often or keep its connection, or do not track it.',
        )
      : verdict(
          'time-wait-churn',
          closing,
          picture,
          figures,
          'Many short connections. Shorten tcp_time_wait; keep-alive or a pool of connections at the clients makes fewer.',
        ),
  ]
}

function halfOpen(picture: Picture): readonly Verdict[] {
  const opening = picture.entries(isOpening)
  if (opening < picture.count * share.opening) return []
  const sources = picture.tops('source', 'opening')
  const ports = picture.tops('port', 'opening')
  const [source] = sources
  const isOne = (source?.entries ?? 0) >= opening * dominant
  const from = isOne ? `${source?.entries} of them from ${source?.name} alone` : `from many: ${top(sources)}`
  // A flood goes to a port that is open; a scan asks for all of them.
  const isScan = isOne && (ports[0]?.entries ?? 0) < opening * 0.1
  return [
    verdict(
      isScan ? 'port-scan' : 'syn-flood',
      opening,
      picture,
      `${opening} TCP connections were asked for and never came about, ${from}; ${isScan ? 'to ports of all kinds' : top(ports)}`,
      isOne
        ? 'Drop that source before it is tracked (a raw rule), and shorten tcp_syn_sent and tcp_syn_recv.'
        : 'Shorten tcp_syn_sent and tcp_syn_recv; SYN cookies (net.ipv4.tcp_syncookies) keep the service itself alive.',
    ),
  ]
}

function udpChatter(picture: Picture): readonly Verdict[] {
  const udp = picture.entries(isUdp)
  if (udp < picture.count * share.udp) return []
  const ports = picture.tops('port', 'udp')
  const dns = ports.find(({ name }) => name === 'udp/53')?.entries ?? 0
  const unreplied = picture.entries((cell) => isUdp(cell) && cell.flag === 'unreplied')
  const rate = picture.entries((cell) => isUdp(cell) && cell.idleSeconds === 0) / 10
  const figures = `${udp} UDP flows, ${unreplied} of them never answered, ${perSecond(rate)} seen each second: ${top(ports)}`
  return [
    dns >= udp * dominant
      ? verdict(
          'dns-chatter',
          udp,
          picture,
          figures,
          'An entry for every question. Shorten udp, cache answers near the clients, or do not track port 53.',
        )
      : verdict(
          'udp-chatter',
          udp,
          picture,
          figures,
          'Shorten udp, and udp_stream where flows are answered.',
        ),
  ]
}

function noisyClient(picture: Picture): readonly Verdict[] {
  const [client] = picture.tops('source')
  if (client === undefined || client.entries < picture.count * share.client) return []
  const ports = picture.tops('port')
  return [
    verdict(
      'noisy-client',
      client.entries,
      picture,
      `${client.entries} entries are of one client, ${client.name}: ${top(ports)}`,
      'Find out what it is; limit it (nft `ct count`, iptables `connlimit`) or drop it.',
    ),
  ]
}

function natPool(picture: Picture): readonly Verdict[] {
  const { translated } = picture
  if (translated < picture.count * share.translated) return []
  const [fullest] = picture.tops('pool')
  const used = Math.round(((fullest?.entries ?? 0) / poolPorts) * 100)
  return [
    verdict(
      'nat-pool',
      translated,
      picture,
      `${translated} entries are translated; the address that is used most towards one destination has ${fullest?.entries ?? 0} of ${poolPorts} ports in use (${used} %): ${fullest?.name ?? 'none'}`,
      used >= 50
        ? 'More room in the table does not help there: give the translator more addresses.'
        : 'The table is the limit, not the ports. An established timeout below 2 h 4 min breaks idle connections (RFC 5382).',
    ),
  ]
}

function verdict(
  word: Verdict['code'],
  entries: number,
  { count }: Picture,
  message: string,
  advice: string,
): Verdict {
  return { code: word, entries, share_percent: Math.round((entries / count) * 100), message, advice }
}

/** `tcp/443 31200, tcp/80 411`. */
function top(tops: readonly Top[]): string {
  return tops.length === 0
    ? 'no port or address stands out'
    : tops
        .slice(0, 3)
        .map(({ name, entries }) => `${name} ${entries}`)
        .join(', ')
}

function perSecond(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : String(Math.round(rate))
}
