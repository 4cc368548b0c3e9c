import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'

/** How long a host may take to close a connection after we said goodbye. */
const graceMilliseconds = 1000

/**
 * Ends a connection and returns at once. `politely` lets the host close it, but not for long, and without keeping
 * the process alive for it; `at once` is for a host that may go on talking for ever.
 */
export function hangUp(client: Client, socket: Duplex, manner: 'politely' | 'at once'): void {
  // The goodbye and the end of the stream go out in one packet.
  socket.cork()
  try {
    client.end()
  } catch {
    // ssh2 throws when its protocol has broken down already; there is nobody to say goodbye to then.
  }
  socket.uncork()
  if (manner === 'at once') {
    socket.destroy()
    return
  }
  if (socket instanceof Socket) socket.unref()
  const timer = setTimeout(() => socket.destroy(), graceMilliseconds)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
