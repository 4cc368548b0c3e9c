import type { Service } from './service.ts'

/** The connections that each helper watches by default (nf_conntrack_*.c, `ports`). */
const ports: Readonly<Record<string, readonly [protocol: string, port: number]>> = {
  ftp: ['tcp', 21],
  irc: ['tcp', 6667],
  pptp: ['tcp', 1723],
  sane: ['tcp', 6566],
  h323: ['tcp', 1720],
  sip: ['udp', 5060],
  tftp: ['udp', 69],
  snmp: ['udp', 161],
  netbios_ns: ['udp', 137],
  amanda: ['udp', 10_080],
}

/** The loaded helper that watches a service's connections; null when none does. */
export function helperFor(
  { protocol, ports: [first, last] }: Service,
  modules: readonly string[],
): string | null {
  const found = modules.find((name) => {
    const [, helper = ''] = /^(?:nf|ip)_conntrack_(\w+)$/.exec(name) ?? []
    const watched = Object.hasOwn(ports, helper) ? ports[helper] : undefined
    return watched !== undefined && watched[0] === protocol && first <= watched[1] && watched[1] <= last
  })
  return found ?? null
}
