import type { AddressInfo, Server } from 'node:net'

/** Where a host listens. */
export interface Place {
  readonly address: string
  readonly port: number
}

/**
 * Lets the server of host number `index` listen on an address of its own in 127.0.0.0/8. Where loopback
 * has but one address (macOS) all hosts share that and differ by port.
 */
export async function listen(server: Server, index: number): Promise<Place> {
  const own = `127.77.${Math.floor(index / 250)}.${(index % 250) + 1}`
  try {
    return await listenOn(server, own)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EADDRNOTAVAIL') throw error
    return listenOn(server, '127.0.0.1')
  }
}

function listenOn(server: Server, host: string): Promise<Place> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port: 0, backlog: 511 }, () => {
      server.off('error', reject)
      const { address, port } = server.address() as AddressInfo
      resolve({ address, port })
    })
  })
}
