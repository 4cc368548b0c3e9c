import { EventEmitter, once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Connection, ServerChannel } from 'ssh2'
import { describe, expect, test } from 'vitest'
import { sudoTo } from '../../../src/ssh/become.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import { attempt, failureOf, marks, never, script } from './attempt.ts'
import { limits, listen, startFakeHost, targetAt, temporaryFolder } from './fake-host.ts'

const short = limits({ loginSeconds: 1, commandSeconds: 1 })

/** A shell that takes the script, says `text` and then does as `ending` says. */
function says(text: string, ending: (channel: ServerChannel, connection: Connection) => void) {
  return (channel: ServerChannel, connection: Connection): void => {
    channel.once('data', () => channel.write(text, () => ending(channel, connection)))
  }
}

function exits(status: number) {
  return (channel: ServerChannel): void => {
    channel.exit(status)
    channel.close()
  }
}

describe('a host whose shell', () => {
  test.for([
    [
      'exits before the script began',
      says('', exits(3)),
      'shell',
      'login',
      /ended with status 3 before it took a command$/,
    ],
    [
      'is nologin',
      says('This account is currently not available.\n', exits(1)),
      'shell',
      'login',
      /ended with status 1 before it took a command: This account is currently not available\.$/,
    ],
    [
      'exits in the middle',
      says(`${marks.begin}\nhalf`, exits(137)),
      'shell',
      'read',
      /ended with status 137 before it had answered$/,
    ],
    [
      'is killed in the middle',
      says(`${marks.begin}\nhalf`, (channel) => {
        channel.exit('KILL')
        channel.close()
      }),
      'shell',
      'read',
      /was killed by SIGKILL before it had answered$/,
    ],
    [
      'closes without an exit status',
      says(`${marks.begin}\nhalf`, (channel) => channel.close()),
      'dropped',
      'read',
      /closed the session without a word of how it ended$/,
    ],
    [
      'closes without an exit status before the script began',
      says('', (channel) => channel.close()),
      'dropped',
      'login',
      /closed the session without a word of how it ended$/,
    ],
    [
      'goes with the connection',
      says(`${marks.begin}\nhalf`, (_channel, connection) => connection.end()),
      'dropped',
      'read',
      /the connection to fake was lost: the connection was closed$/,
    ],
    [
      'hangs in the middle',
      says(`${marks.begin}\nhalf`, () => {}),
      'timeout',
      'read',
      /did not finish the read script within 1 s$/,
    ],
    [
      'hangs before the script began',
      says('', () => {}),
      'timeout',
      'login',
      /let us in, but its shell did not answer within the 1 s that a login may take$/,
    ],
  ] as const)('%s', async ([, exec, kind, stage, message]) => {
    const port = await startFakeHost({ exec })
    const failure = await failureOf(attempt(targetAt(port, { limits: short })))
    expect(failure).toMatchObject({ kind, stage })
    expect(failure.message).toMatch(message)
    expect(failure.hint).not.toBe('')
  })

  test.for([
    ['its answer', `yes`, 'read', /printed more than 1048576 bytes/],
    ['standard error', `yes >&2`, 'read', /printed more than 16777216 bytes beside its answer/],
  ] as const)('prints without end in %s', async ([, work, stage, message]) => {
    const port = await startFakeHost()
    const failure = await failureOf(attempt(targetAt(port), work))
    expect(failure).toMatchObject({ kind: 'flood', stage })
    expect(failure.message).toMatch(message)
  })

  test('prints a greeting without end', async () => {
    const port = await startFakeHost({ prelude: 'yes' })
    const failure = await failureOf(attempt(targetAt(port)))
    expect(failure).toMatchObject({ kind: 'flood', stage: 'login' })
  })

  test('tells what it said on standard error, its last 4 KB made safe', async () => {
    const port = await startFakeHost()
    const failure = await failureOf(
      attempt(
        targetAt(port),
        `yes early | head -c 50000 >&2; printf '\\033[31mno space\\nleft\\007' >&2; exit 7`,
      ),
    )
    expect(failure).toMatchObject({ kind: 'shell', stage: 'read' })
    expect(failure.message).toMatch(/\\x1b\[31mno space; left\\x07$/)
    expect(failure.message.length).toBeLessThan(8192)
  })
})

/** A folder with a program of that name that only says something and ends. */
function pretender(name: string, words: string, status: number): string {
  const folder = temporaryFolder()
  const text = `#!/bin/sh\ncat >&2 <<'EOF'\n${words}\nEOF\nexit ${status}\n`
  writeFileSync(join(folder, name), text, { mode: 0o755 })
  return folder
}

describe('sudo', () => {
  test.for([
    ['sudo: a password is required', 1, 'become_password', /NOPASSWD/],
    [
      'operator is not in the sudoers file.  This incident will be reported.',
      1,
      'become',
      /give operator a rule in sudoers/,
    ],
    [
      "Sorry, user operator is not allowed to execute '/bin/sh' as root on fake.",
      1,
      'become',
      /give operator a rule in sudoers/,
    ],
    ['sudo: unknown user: nobodyx', 1, 'become', /there is no user root/],
    ['sh: 1: sudo: not found', 127, 'become', /install sudo/],
    ['sudo: Command not found.', 1, 'become', /install sudo/],
    ['fish: Unknown command: sudo', 127, 'become', /install sudo/],
    [
      'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
      1,
      'become',
      /container/,
    ],
    ['sudo: parse error in /etc/sudoers near line 3', 1, 'become', /visudo -c/],
    ['sudo: Ein Passwort ist notwendig', 1, 'become', /must be able to run: sudo -n -u root -- \/bin\/sh/],
  ] as const)('says: %s', async ([words, status, kind, hint]) => {
    const port = await startFakeHost({
      prelude: 'echo welcome',
      env: { PATH: `${pretender('sudo', words, status)}:${process.env['PATH']}` },
    })
    const failure = await failureOf(attempt(targetAt(port, { become: sudoTo('root') })))
    expect(failure).toMatchObject({ kind, stage: 'become' })
    expect(failure.message).toContain('cannot become root on fake: ')
    expect(failure.message.endsWith(`sudo ended with status ${status}: ${words}`)).toBe(true)
    expect(failure.hint).toMatch(hint)
  })

  test('that hangs is a timeout of becoming', async () => {
    const port = await startFakeHost({ exec: () => {} })
    const target = targetAt(port, { become: sudoTo('root'), limits: short })
    expect(await failureOf(attempt(target))).toMatchObject({ kind: 'timeout', stage: 'become' })
  })

  test('is not to blame when the login shell refuses', async () => {
    const port = await startFakeHost({ exec: says('This account is currently not available.\n', exits(1)) })
    const target = targetAt(port, { become: sudoTo('root') })
    expect(await failureOf(attempt(target))).toMatchObject({ kind: 'shell', stage: 'login' })
  })
})

describe('a session', () => {
  test('that was lost between two exchanges fails the second one', async () => {
    const port = await startFakeHost()
    await using session = await openSession(targetAt(port), never)
    await session.exchange(script('echo one'), marks, 'read')
    const failure = await failureOf(session.exchange(script('kill -9 $$'), marks, 'apply'))
    expect(failure).toMatchObject({ kind: 'shell', stage: 'apply' })
    const after = await failureOf(session.exchange(script('echo three'), marks, 'read'))
    expect(after).toMatchObject({ kind: 'shell', stage: 'read', message: failure.message })
  })

  test('that is cancelled in the middle', async () => {
    const controller = new AbortController()
    const port = await startFakeHost()
    await using session = await openSession(targetAt(port), controller.signal)
    const failed = failureOf(session.exchange(script('sleep 20'), marks, 'apply'))
    controller.abort()
    expect(await failed).toMatchObject({ kind: 'cancelled' })
  })

  test('that is disposed of in the middle does not leave the exchange waiting', async () => {
    const port = await startFakeHost()
    const session = await openSession(targetAt(port), never)
    const failed = failureOf(session.exchange(script('sleep 20'), marks, 'read'))
    await session[Symbol.asyncDispose]()
    expect(await failed).toMatchObject({ kind: 'cancelled' })
  })

  test('says goodbye at once, and the host sees the end of the connection', async () => {
    const closed = new EventEmitter()
    const seen = once(closed, 'close')
    const port = await startFakeHost({
      connected: (connection) => connection.on('close', () => closed.emit('close')),
    })
    const session = await openSession(targetAt(port), never)
    const started = performance.now()
    await session[Symbol.asyncDispose]()
    expect(performance.now() - started).toBeLessThan(1000)
    await seen
  })

  test('whose peer falls silent is given up after three missed answers', async () => {
    const inner = await startFakeHost()
    let silent = false
    const port = await listen((socket) => {
      const upstream = connect(inner, '127.0.0.1')
      upstream.on('error', () => {})
      socket.on('data', (chunk) => void (silent || upstream.write(chunk)))
      upstream.on('data', (chunk) => void (silent || socket.write(chunk)))
      socket.on('close', () => upstream.destroy())
    })
    const target = targetAt(port, { limits: limits({ keepaliveSeconds: 0.2 }) })
    await using session = await openSession(target, never)
    await session.exchange(script('echo one'), marks, 'read')
    silent = true
    const started = performance.now()
    const failure = await failureOf(session.exchange(script('echo two'), marks, 'apply'))
    expect(failure).toMatchObject({ kind: 'dropped', stage: 'apply' })
    expect(failure.message).toContain('Keepalive timeout')
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
