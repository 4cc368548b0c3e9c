import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  newKey,
  type OwnRedis,
  ownRedis,
  resultOf,
  type Running,
  runProgram,
  tally,
  until,
} from './queue-rig.ts'

let redis: OwnRedis
let port: number
let tlsPort: number
let key: string
let ca: string
const running: Running[] = []
const password = 'a-long-password'
const docs = readFileSync(fileURLToPath(new URL('../../docs/runners.md', import.meta.url)), 'utf8')

beforeAll(async () => {
  redis = await ownRedis()
  await redis.stop()
  const at = (name: string): string => join(redis.folder, name)
  key = newKey(redis.folder, 'key')
  ca = at('ca.crt')
  const openssl = (...words: string[]): Buffer => execFileSync('openssl', words, { stdio: 'pipe' })
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ed25519',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=ours',
    '-keyout',
    at('ca.key'),
    '-out',
    ca,
  )
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n')
  openssl(
    'req',
    '-newkey',
    'ed25519',
    '-nodes',
    '-subj',
    '/CN=redis',
    '-keyout',
    at('redis.key'),
    '-out',
    at('redis.csr'),
  )
  openssl(
    ...['x509', '-req', '-in', at('redis.csr'), '-CA', ca, '-CAkey', at('ca.key'), '-days', '2'],
    ...['-extfile', at('names'), '-out', at('redis.crt')],
  )
  openssl(
    ...[
      'req',
      '-newkey',
      'ed25519',
      '-nodes',
      '-subj',
      '/CN=us',
      '-keyout',
      at('us.key'),
      '-out',
      at('us.csr'),
    ],
  )
  openssl(
    ...['x509', '-req', '-in', at('us.csr'), '-CA', ca, '-CAkey', at('ca.key'), '-days', '2'],
    ...['-out', at('us.crt')],
  )
  // The rights that the documentation gives, word for word.
  writeFileSync(at('users.acl'), `${/^user default off\n(?:user .*\n)+/m.exec(docs)?.[0]}`)
  writeFileSync(at('password'), 'another-long-password\n', { mode: 0o600 })
  port = await freePort()
  tlsPort = await freePort()
  await redis.start([
    ...[
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--tls-port',
      String(tlsPort),
      '--aclfile',
      at('users.acl'),
    ],
    ...['--tls-cert-file', at('redis.crt'), '--tls-key-file', at('redis.key'), '--tls-ca-cert-file', ca],
    ...['--tls-auth-clients', 'no'],
  ])
})
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await redis.remove()
})

function worker(address: string, words: readonly string[] = [], env: Record<string, string> = {}): Running {
  const started = runProgram(
    [
      'worker',
      '--queue',
      address,
      '--zone',
      'eu-west',
      '--signing-key',
      key,
      '--trust',
      `${key}.pub`,
      ...words,
    ],
    env,
  )
  running.push(started)
  return started
}

test('with TLS, users and their passwords, in a run from end to end: the documented rights suffice', async () => {
  const address = `rediss://coordinator@127.0.0.1:${tlsPort}`
  const own = ['--queue-ca', ca, '--queue-password-file', join(redis.folder, 'password')]
  const runner = worker(`rediss://eu-west@127.0.0.1:${tlsPort}`, own)
  await until(() => runner.said.stderr.includes('serves the zone'), `it serves: ${runner.said.stderr}`)
  const inventory = join(redis.folder, 'hosts.yml')
  writeFileSync(
    inventory,
    'all: {hosts: {gone: {ansible_host: 127.0.0.1, ansible_port: 1, zone: eu-west}}}\n',
  )
  const run = runProgram(
    [
      ...['check', '-i', inventory, '--queue', address, '--queue-ca', ca, '--signing-key', key],
      ...['--trust', `${key}.pub`, '--state-dir', join(redis.folder, 'state'), '--output', 'json', '--quiet'],
    ],
    { CONNTRACKCTL_QUEUE_PASSWORD: password },
  )
  expect(await run.ended, run.said.stderr).toBe(3)
  expect(tally(resultOf(run).hosts)).toEqual({ 'unreachable auth': 1 })
  // The user of a zone sees nothing of another's work.
  const rights = new Redis({ port, username: 'eu-west', password: 'another-long-password' })
  await rights.exists(`conntrackctl-1:eu-west@1:1`)
  for (const look of [
    () => rights.get('conntrackctl-1:us-east@1:1'),
    () => rights.lpop('conntrackctl-1:to-run:x'),
    () => rights.set('conntrackctl-1:run:x', '1'),
    () => rights.config('GET', '*'),
    () => rights.keys('*'),
    () => rights.get('other'),
  ])
    await expect(look()).rejects.toThrow(/NOPERM|No permissions/)
  rights.disconnect()
  runner.child.kill('SIGTERM')
  expect(await runner.ended).toBe(143)
  for (const { said } of [run, runner]) expect(said.stderr).not.toMatch(/NOPERM|cannot be used/)
})

test('where Redis wants a certificate of its clients, too: it is shown, and told where it is missing or of nobody', async () => {
  const asking = await ownRedis()
  const wanted = await freePort()
  const at = (name: string): string => join(redis.folder, name)
  await asking.stop()
  await asking.start([
    ...['--tls-port', String(wanted), '--bind', '127.0.0.1', '--tls-auth-clients', 'yes'],
    ...['--tls-cert-file', at('redis.crt'), '--tls-key-file', at('redis.key'), '--tls-ca-cert-file', ca],
  ])
  try {
    const start = (...words: string[]): Running =>
      worker(`rediss://127.0.0.1:${wanted}`, ['--queue-ca', ca, ...words])
    const shown = start('--queue-cert', at('us.crt'), '--queue-key', at('us.key'))
    await until(() => shown.said.stderr.includes('serves the zone'), `it serves: ${shown.said.stderr}`)
    for (const [words, exitCode, expected] of [
      [[], 69, /wants a certificate of (?:whoever connects|its clients).*--queue-cert/],
      [['--queue-cert', at('us.crt')], 64, /--queue-key is missing/],
      [['--queue-cert', at('us.crt'), '--queue-key', at('redis.key')], 69, /the last two belong together/],
      [
        ['--queue-cert', at('none'), '--queue-key', at('us.key')],
        69,
        /--queue-cert \/.*: no such file or directory; .*PEM/,
      ],
    ] as const) {
      const refused = start(...words)
      expect(await refused.ended, refused.said.stderr).toBe(exitCode)
      expect(refused.said.stderr).toMatch(expected)
      expect(refused.said.stderr.trim().split('\n')).toHaveLength(1)
    }
  } finally {
    await asking.remove()
  }
})

test('a Redis Cluster and a Sentinel are refused', async () => {
  const other = await ownRedis()
  const at = `redis://127.0.0.1:${await freePort()}`
  try {
    await other.stop()
    await other.start(['--cluster-enabled', 'yes', '--port', new URL(at).port, '--bind', '127.0.0.1'])
    const cluster = worker(at)
    expect(await cluster.ended).toBe(69)
    expect(cluster.said.stderr).toMatch(/is part of a Redis Cluster/)
    await other.stop()
    writeFileSync(join(other.folder, 'sentinel.conf'), 'protected-mode no\n')
    const sentinel = spawn('redis-server', [
      ...[join(other.folder, 'sentinel.conf'), '--sentinel', '--port', new URL(at).port],
    ])
    try {
      await until(() => reaches(at), 'the Sentinel is there')
      const refused = worker(at)
      expect(await refused.ended).toBe(69)
      expect(refused.said.stderr).toMatch(/is a Sentinel, which keeps no data; name the primary/)
    } finally {
      sentinel.kill('SIGKILL')
    }
  } finally {
    await other.remove()
  }
})

test.each([
  [
    'without a password',
    () => `redis://127.0.0.1:${port}`,
    [],
    {},
    /it wants a password.*--queue-password-file/,
  ],
  [
    'with a wrong one',
    () => `redis://coordinator@127.0.0.1:${port}`,
    [],
    { CONNTRACKCTL_QUEUE_PASSWORD: 'wrong-one' },
    /does not take the password/,
  ],
  [
    'with a certificate of an authority that nobody named',
    () => `rediss://coordinator@127.0.0.1:${tlsPort}`,
    [],
    { CONNTRACKCTL_QUEUE_PASSWORD: password },
    /its certificate is of nobody that is trusted here.*--queue-ca/,
  ],
  [
    'in clear on the port that has TLS',
    () => `redis://coordinator@127.0.0.1:${tlsPort}`,
    [],
    { CONNTRACKCTL_QUEUE_PASSWORD: password },
    /it closed the connection.*rediss:\/\//,
  ],
  [
    'with TLS on the port that has none',
    () => `rediss://coordinator@127.0.0.1:${port}`,
    [],
    { CONNTRACKCTL_QUEUE_PASSWORD: password },
    /it does not (?:speak TLS|answer).*(?:rediss:\/\/ is for|use redis:\/\/)/,
  ],
])('%s it is one sentence and exit status 69', async (_, address, words, env, expected) => {
  const refused = worker(address(), words, env)
  expect(await refused.ended, refused.said.stderr).toBe(69)
  expect(refused.said.stderr).toMatch(expected)
  expect(refused.said.stderr.trim().split('\n')).toHaveLength(1)
  expect(refused.said.stderr).not.toContain('wrong-one')
})

test.each([
  [['worker', '--queue', 'redis://:hunter22@queue', '--zone', 'a'], 64, /--signing-key is missing/],
  [['worker', '--zone', 'a b', '--queue', 'redis://queue'], 64, /--zone takes letters/],
  [
    ['check', '-i', 'h,', '--queue', 'redis://queue', '--private-key', 'k'],
    64,
    /--key-file does not go with --queue/,
  ],
  [
    ['check', '-i', 'h,', '--queue', 'redis://queue'],
    65,
    /no variable `zone` says whose runners can reach it/,
  ],
])('conntrackctl %j', async (words, exitCode, expected) => {
  const refused = runProgram(words)
  expect(await refused.ended).toBe(exitCode)
  expect(refused.said.stderr).toMatch(expected)
})

/** Does somebody take connections there? */
function reaches(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('no port'))
      })
    })
  })
}
