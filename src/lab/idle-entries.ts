const made = new Map<number, string>()

/**
 * The lines of /proc/net/nf_conntrack of a web server behind which many clients have gone away: of ten entries seven
 * are connections whose last packet was hours ago, two are closed, one is a question to a resolver. The same for the
 * same count, and made once: it takes longer than all other files of a lab together.
 */
export function idleEntries(count: number): string {
  let lines = made.get(count)
  if (lines === undefined) {
    lines = Array.from({ length: count }, (_, index) => line(index)).join('')
    made.set(count, lines)
  }
  return lines
}

const server = '192.0.2.10'
const resolver = '192.0.2.53'

function line(index: number): string {
  const client = `10.${20 + (index % 7)}.${(index >> 8) % 200}.${1 + (index % 250)}`
  const port = 1024 + ((index * 7919) % 60_000)
  const kind = index % 10
  // Of the 432000 s that a new connection has, an idle one has lost hours or days.
  if (kind < 7)
    return tcp(`${432_000 - 14_400 - ((index * 611) % 330_000)} ESTABLISHED`, client, port, '[ASSURED]')
  if (kind < 9) return tcp(`${1 + (index % 119)} TIME_WAIT`, client, port, '[ASSURED]')
  return `ipv4     2 udp      17 ${1 + (index % 29)} ${tuples(server, resolver, port, 53)} mark=0 zone=0 use=2\n`
}

function tcp(state: string, client: string, port: number, flag: string): string {
  return `ipv4     2 tcp      6 ${state} ${tuples(client, server, port, 443)} ${flag} mark=0 zone=0 use=2\n`
}

/** Both directions. */
function tuples(from: string, to: string, sport: number, dport: number): string {
  return `src=${from} dst=${to} sport=${sport} dport=${dport} src=${to} dst=${from} sport=${dport} dport=${sport}`
}
