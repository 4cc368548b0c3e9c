import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { remedyHost } from '../../../src/fleet/remedy-host.ts'
import { wishRemedy } from '../../../src/fleet/wish-remedy.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { freshLab, never, targetOf } from './fresh-lab.ts'

const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'

/** Changes a host of the lab that lets in connections as `lets` says, by their number from 1. */
async function changeOne(confirmSeconds: number, lets: (number: number) => boolean) {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web'), copies: 1 })
  const host = lab.hosts[0]!
  const open = new Set<Socket>()
  let seen = 0
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    seen += 1
    if (!lets(seen)) {
      socket.destroy()
      return
    }
    const onward = connect(host.port, host.address)
    open.add(onward)
    onward.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const max = (): string => readFileSync(join(host.root, maxFile), 'utf8').trim()
  const before = max()
  const result = await remedyHost(
    {
      label: { host: host.name, play: 'raise' },
      target: {
        ...targetOf(lab, host),
        ...{ address: '127.0.0.1', port, hostKeys: { checking: 'no', knownHostsFiles: [] } },
      },
      remedy: wishRemedy({
        ...{ play: 'raise', max: 300_000, sysctls: [], persist: true },
        ...{ conflicts: 'report', module: 'leave' },
      }),
      confirmSeconds,
    },
    {
      mode: 'apply',
      scope: 'plan',
      allowed: new Set(),
      historyOf: () => ({ earlier: null, points: [], nowSeconds: 0 }),
      peakCountOf: () => null,
      who: 'a test',
      signal: never,
      onStage: () => {},
      onPlanned: async () => true,
    },
  )
  return { result, before, after: max(), seen }
}

test('a change stays once a second connection has got in', async () => {
  const { result, after, seen } = await changeOne(60, () => true)
  expect(result).toMatchObject({ status: 'changed', error: null, confirmation: { state: 'confirmed' } })
  expect(after).toBe('300000')
  expect(seen).toBe(2)
})

test('a host that lets nobody in any more puts back by itself, and is failed', async () => {
  const begun = performance.now()
  const { result, before, after } = await changeOne(
    5,
    (number) => number === 1 || performance.now() - begun > 9000,
  )
  expect(result).toMatchObject({
    status: 'failed',
    error: { kind: 'not_confirmed', stage: 'verify' },
    confirmation: { within_seconds: 5, reasons: ['the play asks for it'] },
  })
  expect(result.confirmation?.state).not.toBe('confirmed')
  expect(after).toBe(before)
})
