import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import ssh2 from 'ssh2'
import { describe, expect, test } from 'vitest'
import { attempt, failureOf } from './attempt.ts'
import { limits, listen, startFakeHost, targetAt } from './fake-host.ts'

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('nothing listens on the port', async () => {
  const port = await closedPort()
  expect(await failureOf(attempt(targetAt(port)))).toMatchObject({
    kind: 'refused',
    stage: 'connect',
    message: `127.0.0.1 port ${port} refuses the connection`,
  })
})

test('the name cannot be a name', async () => {
  expect(await failureOf(attempt(targetAt(22, { address: 'not..a.name' })))).toMatchObject({
    kind: 'dns',
    stage: 'connect',
    message: 'not..a.name port 22 is unknown: the name does not resolve',
  })
})

test('there is no route', async () => {
  // Linux has no route to a broadcast address of a TCP connection, and says so at once.
  const failure = await failureOf(attempt(targetAt(22, { address: '255.255.255.255' })))
  expect(failure).toMatchObject({ kind: 'no_route', stage: 'connect' })
})

describe('a service that takes the connection and', () => {
  test.for([
    ['says nothing', () => {}, 'timeout', 'sent no SSH banner within 0.3 s'],
    [
      'sends half a banner',
      (socket: Socket) => socket.write('SSH-2.0-Open'),
      'timeout',
      'sent no SSH banner within 0.3 s',
    ],
    [
      'sends a banner and no more',
      (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'),
      'timeout',
      'did not finish the key exchange within 0.3 s',
    ],
    [
      'sends endless lines',
      (socket: Socket) => socket.write('line\r\n'.repeat(20)),
      'protocol',
      'does not speak SSH; it says: line\\r\\nline',
    ],
    [
      'answers like a web server',
      (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n\x1b[31m'),
      'protocol',
      'does not speak SSH; it says: HTTP/1.1 400 Bad Request\\r\\n\\r\\n\\x1b[31m',
    ],
    [
      'sends bytes that are no text',
      (socket: Socket) => socket.end(Buffer.from([0xff, 0xfd, 0x18, 0x0d, 0x0d])),
      'protocol',
      'does not speak SSH; it says: ÿý\\x18',
    ],
    [
      'sends a megabyte first',
      (socket: Socket) => socket.end('x'.repeat(1_000_000)),
      'protocol',
      'does not speak SSH; it says: xxxx',
    ],
    ['closes it', (socket: Socket) => socket.end(), 'dropped', 'closed the connection before its SSH banner'],
    [
      'resets it',
      (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
      'dropped',
      'closed the connection before its SSH banner: read ECONNRESET',
    ],
    [
      'has too many logins under way',
      (socket: Socket) => socket.end('Exceeded MaxStartups\r\n'),
      'dropped',
      'closed the connection before its SSH banner: Exceeded MaxStartups',
    ],
    [
      'closes it after its banner',
      (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
      'dropped',
      'closed the connection during the key exchange',
    ],
    [
      'sends garbage after its banner',
      (socket: Socket) => socket.end(`SSH-2.0-OpenSSH_9.9\r\n${'garbage '.repeat(100)}`),
      'protocol',
      'breaks the SSH protocol: Bad packet length',
    ],
    [
      'speaks SSH 1',
      (socket: Socket) => socket.end('SSH-1.5-old\r\n'),
      'protocol',
      'breaks the SSH protocol: ',
    ],
  ] as const)('%s', async ([, behave, kind, message]) => {
    const port = await listen((socket) => behave(socket))
    const failure = await failureOf(attempt(targetAt(port, { limits: limits({ loginSeconds: 0.3 }) })))
    expect(failure).toMatchObject({ kind, stage: 'login' })
    expect(failure.message).toContain(message)
    expect(failure.hint).not.toBe('')
  })
})

test('a greeting of many lines before the banner is allowed by the protocol', async () => {
  const port = await startFakeHost({ greeting: 'welcome\r\n'.repeat(500) })
  expect(await attempt(targetAt(port))).toContain('done')
})

test.for([
  [
    { kex: ['diffie-hellman-group1-sha1'] },
    'no matching key exchange algorithm; the host offers diffie-hellman-group1-sha1',
  ],
  [{ cipher: ['3des-cbc'] }, 'no matching C->S cipher; the host offers 3des-cbc'],
  [{ cipher: ['aes128-ctr'], hmac: ['hmac-sha1'] }, 'no matching C->S MAC; the host offers hmac-sha1'],
] as const)('a host that only takes %j', async ([algorithms, message]) => {
  const port = await startFakeHost({ algorithms: JSON.parse(JSON.stringify(algorithms)) as object })
  const failure = await failureOf(attempt(targetAt(port)))
  expect(failure).toMatchObject({ kind: 'no_common_algorithm', stage: 'login' })
  expect(failure.message).toContain(message)
})

test('a host that signs with SHA-1 only', async () => {
  const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
  const port = await startFakeHost({ hostKeys: [rsa.private], algorithms: { serverHostKey: ['ssh-rsa'] } })
  const failure = await failureOf(attempt(targetAt(port)))
  expect(failure).toMatchObject({ kind: 'no_common_algorithm', stage: 'login' })
  expect(failure.message).toContain('no matching host key format; the host offers ssh-rsa')
})
