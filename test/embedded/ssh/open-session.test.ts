import { createHmac } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sudoTo } from '../../../src/ssh/become.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import { attempt, marks, never, script } from './attempt.ts'
import { ecdsaHostKey, hostKey, startFakeHost, targetAt, temporaryFolder } from './fake-host.ts'
import { ed25519Key } from './ed25519-key.ts'

test('two exchanges with one shell over one connection and one channel', async () => {
  let connections = 0
  let channels = 0
  const port = await startFakeHost({ connected: () => (connections += 1), opened: () => (channels += 1) })
  await using session = await openSession(targetAt(port), never)
  expect(await session.exchange(script('kept=value; echo one'), marks, 'read')).toBe(
    `one\n\n${marks.end} 0\n`,
  )
  expect(await session.exchange(script('echo $kept'), marks, 'apply')).toBe(`value\n\n${marks.end} 0\n`)
  expect([connections, channels]).toEqual([1, 1])
})

test('text of a megabyte comes through whole, in both directions', async () => {
  const port = await startFakeHost()
  const text = 'zwölf Boxkämpfer 漢字\n'.repeat(40_000)
  await using session = await openSession(
    targetAt(port, { limits: { ...targetAt(port).limits, outputBytes: 8 * 1024 * 1024 } }),
    never,
  )
  const answer = await session.exchange(script(`cat <<'EOF'\n${text}EOF\ntrue`), marks, 'read')
  expect(answer).toBe(`${text}\n${marks.end} 0\n`)
})

test.for([
  ['a greeting of 1 MB', `yes 'welcome to this host' | head -c 1000000`],
  ['a greeting without a newline', `printf 'welcome'`],
  ['a greeting on standard error', `yes 'no tty' | head -c 1000000 >&2`],
  ['bytes that are no text', `head -c 5000 /dev/urandom | tr -d @`],
] as const)('%s does not matter', async ([, greeting]) => {
  const port = await startFakeHost({ prelude: greeting })
  expect(await attempt(targetAt(port))).toBe(`done\n\n${marks.end} 0\n`)
})

test('sudo is asked never to ask, for exactly the user that was wished', async () => {
  const folder = temporaryFolder()
  writeFileSync(
    join(folder, 'sudo'),
    `#!/bin/sh\necho "$@" >&2\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n`,
    {
      mode: 0o755,
    },
  )
  let command = ''
  const port = await startFakeHost({
    env: { PATH: `${folder}:${process.env['PATH']}` },
    commanded: (text) => (command = text),
  })
  const answer = await attempt(targetAt(port, { become: sudoTo('x y') }))
  expect(answer).toBe(`done\n\n${marks.end} 0\n`)
  expect(command).toBe(`env LC_ALL=C sudo -n -H -u 'x y' -- /bin/sh`)
})

test('a second exchange while one is under way is a mistake of the caller', async () => {
  const port = await startFakeHost()
  await using session = await openSession(targetAt(port), never)
  const first = session.exchange(script('echo one'), marks, 'read')
  expect(() => session.exchange(script('echo two'), marks, 'read')).toThrow('one exchange at a time')
  expect(await first).toContain('one')
})

test('the key types that are known for a host are asked for first', async () => {
  const port = await startFakeHost({ hostKeys: [hostKey.private, ecdsaHostKey.private] })
  const target = targetAt(port)
  writeFileSync(target.hostKeys.knownHostsFiles[0] ?? '', `[127.0.0.1]:${port} ${ecdsaHostKey.public}\n`)
  expect(await attempt(target)).toContain('done')
})

test('a host whose hashed line is of another type than the first on offer is asked for that type', async () => {
  let connections = 0
  const port = await startFakeHost({
    hostKeys: [hostKey.private, ecdsaHostKey.private],
    connected: () => (connections += 1),
  })
  const target = targetAt(port)
  const salt = Buffer.alloc(20, 7)
  const hash = createHmac('sha1', salt).update(`[127.0.0.1]:${port}`).digest('base64')
  const hashed = `|1|${salt.toString('base64')}|${hash} ${ecdsaHostKey.public}`
  // A line of another host makes ed25519 as likely as ECDSA.
  const other = `|1|${salt.toString('base64')}|${hash.slice(4)}abcd ${ed25519Key().public}`
  writeFileSync(target.hostKeys.knownHostsFiles[0] ?? '', `${other}\n${hashed}\n`)
  expect(await attempt(target)).toContain('done')
  // The first connection ended before anybody logged in.
  expect(connections).toBe(1)
})

test('accept-new lets an unknown host in, remembers its key, and knows it from then on', async () => {
  const port = await startFakeHost()
  const target = targetAt(port)
  const file = join(temporaryFolder(), 'new', 'known_hosts')
  const accepting = { ...target, hostKeys: { checking: 'accept-new', knownHostsFiles: [file] } } as const
  expect(await attempt(accepting)).toContain('done')
  const [type, base64] = hostKey.public.split(' ')
  expect(readFileSync(file, 'utf8')).toBe(`[127.0.0.1]:${port} ${type} ${base64}\n`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await attempt(accepting)).toContain('done')
  expect(await attempt({ ...target, hostKeys: { checking: 'yes', knownHostsFiles: [file] } })).toContain(
    'done',
  )
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2)
})

test('"no" lets an unknown host in and writes nothing', async () => {
  const port = await startFakeHost()
  const file = join(temporaryFolder(), 'known_hosts')
  expect(await attempt(targetAt(port, { hostKeys: { checking: 'no', knownHostsFiles: [file] } }))).toContain(
    'done',
  )
  expect(() => statSync(file)).toThrow('ENOENT')
})
