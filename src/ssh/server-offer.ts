/** The algorithms that a server offers, each list in its order. */
export interface ServerOffer {
  readonly kex: readonly string[]
  readonly serverHostKey: readonly string[]
  /** For what we send; servers offer the same both ways. */
  readonly cipher: readonly string[]
  readonly mac: readonly string[]
}

const kexInit = 20

/**
 * Reads the server's key exchange proposal (RFC 4253, 7.1) from the plain bytes that open its side of a connection.
 * Null when they hold no whole proposal.
 */
export function readServerOffer(bytes: Buffer): ServerOffer | null {
  const banner = /(?:^|\n)SSH-[^\n]*\n/.exec(bytes.toString('latin1'))
  if (banner === null) return null
  // Packet: length, padding length, type, cookie, then the name lists, each with its length before it.
  let at = banner.index + banner[0].length + 5
  if (bytes[at] !== kexInit) return null
  at += 17

  const lists: string[][] = []
  while (lists.length < 6) {
    if (at + 4 > bytes.length) return null
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    if (at > bytes.length) return null
    lists.push(
      bytes
        .toString('latin1', start, at)
        .split(',')
        .filter((name) => name !== ''),
    )
  }
  const [kex = [], serverHostKey = [], cipher = [], , mac = []] = lists
  return { kex, serverHostKey, cipher, mac }
}
