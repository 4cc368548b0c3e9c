// @ts-check
// A line between a client and a host that can be slow, and that can be cut at a chosen byte.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * @typedef {object} ProxyOptions
 * @property {number | undefined} [cutAfterBytes] let this many bytes through in `direction`, then break the connection
 * @property {'to-host' | 'from-host'} [direction] whose bytes are counted; `to-host` unless told
 * @property {'reset' | 'stall'} [cut] `reset` breaks both ends, as a rebooting firewall does; `stall` just carries nothing
 *   any more, as a dead link does
 * @property {number} [delayMs] that every byte takes each way: half a round trip
 */

/**
 * @typedef {object} Proxy
 * @property {string} address
 * @property {number} port
 * @property {ProxyOptions} options may be changed; counts for connections that come after
 * @property {{toHost: number, fromHost: number}} bytes carried by the last connection
 * @property {number} roundTrips of the last connection, behind that of TCP: how often one end waited for the other, one
 *   after the other. Needs a delay, for without one what was sent together can look like an answer.
 * @property {number} connections seen
 * @property {() => Promise<void>} stop
 */

/**
 * Listens on a loopback port and carries each connection to `to`.
 * @param {ProxyOptions & {to: {address: string, port: number}}} wish
 * @returns {Promise<Proxy>}
 */
export async function startProxy({ to, ...options }) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set()
  /** @type {Proxy} */
  const proxy = {
    address: '127.0.0.1',
    port: 0,
    options,
    bytes: { toHost: 0, fromHost: 0 },
    roundTrips: 0,
    connections: 0,
    stop: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const host = connect({ host: to.address, port: to.port, allowHalfOpen: true })
    proxy.connections += 1
    const bytes = (proxy.bytes = { toHost: 0, fromHost: 0 })
    proxy.roundTrips = 0
    const line = { ...proxy.options, isCut: false, ends: [client, host], heard: { toHost: 0, fromHost: 0 } }
    for (const socket of line.ends) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => open.delete(socket))
      // One end's error is the other end's reset; the test sees it where it looks.
      socket.on('error', () => breakLine(line.ends))
    }
    carry(client, host, line, bytes, 'toHost', () => {})
    carry(host, client, line, bytes, 'fromHost', (trips) => {
      if (bytes === proxy.bytes) proxy.roundTrips = Math.max(proxy.roundTrips, trips)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.port = /** @type {import('node:net').AddressInfo} */ (server.address()).port
  return proxy
}

/** @param {import('node:net').Socket[]} ends */
function breakLine(ends) {
  for (const end of ends) end.resetAndDestroy()
}

/**
 * @param {import('node:net').Socket} from
 * @param {import('node:net').Socket} to
 * @param {ProxyOptions & {isCut: boolean, ends: import('node:net').Socket[], heard: Record<'toHost' | 'fromHost', number>}} line
 * @param {{toHost: number, fromHost: number}} bytes
 * @param {'toHost' | 'fromHost'} way
 * @param {(trips: number) => void} tell
 */
function carry(from, to, line, bytes, way, tell) {
  const counted = way === ((line.direction ?? 'to-host') === 'to-host' ? 'toHost' : 'fromHost')
  /** @param {() => void} act */
  const later = (act) => (line.delayMs ? void setTimeout(act, line.delayMs) : act())
  from.on('data', (chunk) => {
    if (line.isCut) return
    const left = counted && line.cutAfterBytes !== undefined ? line.cutAfterBytes - bytes[way] : Infinity
    const through = chunk.subarray(0, left)
    bytes[way] += through.length
    const isLast = left <= chunk.length
    line.isCut = isLast
    // What the client says comes one trip after the last that it has heard; the host's answer belongs to the same trip.
    const trip = way === 'toHost' ? line.heard.fromHost + 1 : line.heard.toHost
    tell(trip)
    later(() => {
      line.heard[way] = Math.max(line.heard[way], trip)
      // Broken only once the kernel has the last byte, or the host would get fewer than were counted.
      if (to.writable) to.write(through, () => isLast && line.cut !== 'stall' && breakLine(line.ends))
    })
  })
  from.on('end', () => !line.isCut && later(() => to.end()))
}
