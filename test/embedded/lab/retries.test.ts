import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import type { HostFailure } from '../../../src/ssh/failure.ts'
import { openPatiently } from '../../../src/ssh/open-patiently.ts'
import type { Target } from '../../../src/ssh/target.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { freshLab, never, targetOf } from './fresh-lab.ts'

/** A host that treats each of its first connections so, as a full table or a busy sshd does, and then lets us in. */
async function hostAfter(losses: number, lose: (socket: Socket) => void) {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web'), copies: 1 })
  const host = lab.hosts[0]!
  const open = new Set<Socket>()
  let seen = 0
  const server: Server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    seen += 1
    if (seen <= losses) lose(socket)
    else {
      const onward = connect(host.port, host.address)
      open.add(onward)
      onward.on('error', () => {})
      socket.pipe(onward).pipe(socket)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const known = targetOf(lab, host)
  const target = (limits: Partial<Target['limits']>): Target => ({
    ...known,
    ...{ address: '127.0.0.1', port, hostKeys: { checking: 'no', knownHostsFiles: [] } },
    limits: { ...known.limits, ...limits },
  })
  return { target, seen: () => seen }
}

async function enter(target: Target): Promise<{ tries: number; failure: unknown }> {
  let tries = 0
  const patience = { onTry: (number: number) => (tries = number), random: () => 0 }
  try {
    const session = await openPatiently(target, never, undefined, patience)
    await session[Symbol.asyncDispose]()
    return { tries, failure: null }
  } catch (failure) {
    return { tries, failure }
  }
}

test('a host that cuts us off before the login is tried again until it lets us in', async () => {
  const { target, seen } = await hostAfter(2, (socket) => socket.destroy())
  expect(await enter(target({ connectSeconds: 30, retries: 5 }))).toEqual({ tries: 3, failure: null })
  expect(seen()).toBe(3)
})

test('as often as is said, and no more', async () => {
  const { target } = await hostAfter(9, (socket) => socket.destroy())
  const { tries, failure } = await enter(target({ connectSeconds: 30, retries: 2 }))
  expect(tries).toBe(3)
  expect(failure).toMatchObject({ kind: 'dropped', stage: 'login' })
  expect((failure as HostFailure).message).toContain('(3 tries)')
})

test('not at all where none is wished, nor after a refusal that another try would get as well', async () => {
  const { target } = await hostAfter(9, (socket) => socket.destroy())
  expect((await enter(target({ connectSeconds: 30, retries: 0 }))).tries).toBe(1)
  const closed = { ...target({ connectSeconds: 30, retries: 5 }), port: 1 }
  expect(await enter(closed)).toMatchObject({ tries: 1, failure: { kind: 'refused' } })
})

test('no longer than the time for the connection', async () => {
  const { target } = await hostAfter(9, () => {})
  const silent = target({ connectSeconds: 1, loginSeconds: 2, retries: 5 })
  expect(await enter(silent)).toMatchObject({ tries: 1, failure: { kind: 'timeout', stage: 'login' } })
})
