import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bastions } from '../../src/ssh/bastions.ts'
import { openSession } from '../../src/ssh/open-session.ts'
import { Secret } from '../../src/ssh/secret.ts'
import type { Target } from '../../src/ssh/target.ts'
import { attempt, failureOf, marks, script } from '../embedded/ssh/attempt.ts'
import { keyIn, loginFolder, loginTarget, password, startAgent, startLoginHost } from './login-sshd.ts'

/** Logins at a real sshd: who gets in how, and what is said to who does not. */

let folder: string
let remove: () => void
beforeAll(() => ({ folder, remove } = loginFolder()))
afterAll(() => remove())

const secret = new Secret(password)
const wrong = new Secret('wrong')
const passwordOnly = [
  'PubkeyAuthentication no',
  'KbdInteractiveAuthentication no',
  'PasswordAuthentication yes',
]
const pamOnly = [
  'UsePAM yes',
  'PubkeyAuthentication no',
  'KbdInteractiveAuthentication yes',
  'PasswordAuthentication no',
]

async function targetWith(options: readonly string[], changes: Partial<Target> = {}): Promise<Target> {
  const { port } = await startLoginHost(folder, options)
  return loginTarget(folder, port, changes)
}

describe('a password', () => {
  test.for([
    ['alone', passwordOnly],
    ['through keyboard-interactive and PAM', pamOnly],
  ] as const)('%s', async ([, options]) => {
    const target = await targetWith(options, { user: 'tess', identityFiles: [], password: secret })
    expect(await attempt(target, 'id -un')).toContain('tess\n')
    const refused = await failureOf(attempt({ ...target, password: wrong }))
    expect(refused.kind).toBe('auth')
    expect(refused.message).not.toContain('wrong')
    expect(refused.hint).toContain('password')
    const without = await failureOf(
      attempt({ ...target, identityFiles: [join(folder, 'user')], password: null }),
    )
    expect(without).toMatchObject({ kind: 'auth' })
    expect(without.hint).toContain('--ask-pass')
  })

  test.for([
    ['publickey,password', []],
    ['password,publickey', []],
    ['publickey,keyboard-interactive', ['UsePAM yes', 'KbdInteractiveAuthentication yes']],
  ] as const)('as one of two proofs: %s', async ([methods, more]) => {
    const options = [...more, 'PasswordAuthentication yes', `AuthenticationMethods ${methods}`]
    const target = await targetWith(options, { user: 'tess', password: secret })
    expect(await attempt(target, 'id -un')).toContain('tess\n')
    const agentSocket = await startAgent(folder, [join(folder, 'user')])
    expect(await attempt({ ...target, agentSocket, identityFiles: [] }, 'id -un')).toContain('tess\n')
  })

  test.for([
    ['password', passwordOnly.concat('UsePAM yes')],
    ['keyboard-interactive', pamOnly],
  ] as const)('that has expired, by %s', async ([, options]) => {
    const target = await targetWith(options, { user: 'expired', identityFiles: [], password: secret })
    expect(await failureOf(attempt(target))).toMatchObject({ kind: 'password_expired', stage: 'login' })
  })

  test('is not sent to a host whose key is not known', async () => {
    const host = await startLoginHost(folder, [...passwordOnly, 'LogLevel DEBUG'])
    const hostKeys = { checking: 'no', knownHostsFiles: ['/dev/null'] } as const
    const target = loginTarget(folder, host.port, {
      user: 'tess',
      identityFiles: [],
      password: secret,
      hostKeys,
    })
    expect(await failureOf(attempt(target))).toMatchObject({ kind: 'host_key_unknown', stage: 'login' })
    expect(host.log()).not.toContain('method password')
  })
})

describe('an encrypted key', () => {
  const pem = (type: string, ...words: string[]) => ['-t', type, '-m', 'PEM', ...words]
  test.for([
    ['OpenSSH ed25519', ['-t', 'ed25519'], null],
    ['OpenSSH RSA', ['-t', 'rsa', '-b', '2048'], null],
    ['PEM PKCS #1', pem('rsa', '-b', '2048'), null],
    ['PEM SEC 1', pem('ecdsa', '-b', '256'), null],
    ['PKCS #8 RSA', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8'], null],
    ['PKCS #8 ECDSA', ['-t', 'ecdsa', '-b', '384', '-m', 'PKCS8'], null],
    ['PKCS #8 ed25519', null, ['genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', 'pass:open sesame']],
  ] as const)('of %s', async ([name, keygen, openssl]) => {
    const file = join(folder, `encrypted ${name.replaceAll('#', '')}`)
    if (keygen !== null) execFileSync('ssh-keygen', ['-q', '-N', 'open sesame', ...keygen, '-f', file])
    else if (openssl !== null) {
      writeFileSync(file, execFileSync('openssl', openssl), { mode: 0o600 })
      // OpenSSH 9.2 cannot read these itself: the public half is the last 32 bytes of the standard form.
      const spki = execFileSync('openssl', [
        'pkey',
        '-in',
        file,
        '-passin',
        'pass:open sesame',
        '-pubout',
        '-outform',
        'DER',
      ])
      const prefix = Buffer.from('\0\0\0\vssh-ed25519\0\0\0 ', 'latin1')
      writeFileSync(
        `${file}.pub`,
        `ssh-ed25519 ${Buffer.concat([prefix, spki.subarray(-32)]).toString('base64')}\n`,
      )
    }
    const allowed = join(folder, `allowed ${name.replaceAll('#', '')}`)
    copyFileSync(`${file}.pub`, allowed)
    rmSync(`${file}.pub`)
    const target = await targetWith([`AuthorizedKeysFile "${allowed}"`], { identityFiles: [file] })
    expect(await attempt({ ...target, passphrase: new Secret('open sesame') })).toContain('done')
    const without = await failureOf(attempt(target))
    expect(without).toMatchObject({ kind: 'key_file' })
    expect(without.message).toContain('needs a passphrase')
    const other = await failureOf(attempt({ ...target, passphrase: wrong }))
    expect(other).toMatchObject({ kind: 'key_file' })
    expect(other.message).toContain('the passphrase does not open')
  })
})

describe('an agent with 8 keys at a host with MaxAuthTries 6', () => {
  async function crowded(): Promise<Target> {
    const strangers = [1, 2, 3, 4, 5, 6, 7].map((number) => join(folder, `stranger${number}`))
    for (const file of strangers) if (!existsSync(file)) keyIn(folder, file.slice(folder.length + 1))
    const agentSocket = await startAgent(folder, [...strangers, join(folder, 'user')])
    return targetWith(['MaxAuthTries 6'], { agentSocket, identityFiles: [] })
  }

  test('is refused, and told how to get in', async () => {
    const failure = await failureOf(attempt(await crowded()))
    expect(failure.kind).toBe('auth')
    expect(failure.message).toContain('Too many authentication failures')
    expect(failure.hint).toContain('IdentitiesOnly=yes')
  })

  test.for(['user', 'user.pub'])('gets in with IdentitiesOnly and %s named', async (name) => {
    const target = await crowded()
    expect(await attempt({ ...target, identitiesOnly: true, identityFiles: [join(folder, name)] })).toContain(
      'done',
    )
  })

  test('shows the named key first, as OpenSSH does', async () => {
    expect(await attempt({ ...(await crowded()), identityFiles: [join(folder, 'user.pub')] })).toContain(
      'done',
    )
  })
})

describe('a login shell', () => {
  test.for(['csh', 'fish', 'chatty', 'tess'])('of the user %s', async (user) => {
    expect(await attempt(await targetWith([], { user }), 'id -un')).toContain(`${user}\n`)
  })

  test('nologin is refused', async () => {
    const failure = await failureOf(attempt(await targetWith([], { user: 'nologin' })))
    expect(failure).toMatchObject({ kind: 'shell', stage: 'login' })
    expect(failure.hint).toContain('no login shell')
  })
})

describe('a route', () => {
  test('by a ProxyCommand', async () => {
    const target = await targetWith([])
    const command = `nc 127.0.0.1 ${target.port}`
    expect(await attempt({ ...target, route: { kind: 'command', command } })).toContain('done')
  })

  test('by a ProxyCommand that fails', async () => {
    const route = { kind: 'command', command: 'sh -c "echo no such bastion >&2; exit 3"' } as const
    const failure = await failureOf(attempt(loginTarget(folder, 1, { route })))
    expect(failure).toMatchObject({ kind: 'proxy_command', stage: 'connect' })
    expect(failure.message).toContain('ended with status 3: no such bastion')
  })

  test('to 60 hosts behind two bastions, each logged in to once', async () => {
    const outer = await startLoginHost(folder, ['LogLevel VERBOSE'])
    const inner = await startLoginHost(folder, ['LogLevel VERBOSE'])
    const hosts = await Promise.all(Array.from({ length: 60 }, () => startLoginHost(folder)))
    const first = loginTarget(folder, outer.port)
    const second = loginTarget(folder, inner.port, { route: { kind: 'jump', through: first } })
    const { signal } = new AbortController()
    await using bastions = new Bastions({ random: Math.random, ask: null, keepOpen: true })
    const answers = await Promise.all(
      hosts.map(({ port }) =>
        attempt(
          loginTarget(folder, port, { route: { kind: 'jump', through: second } }),
          'echo done',
          signal,
          bastions,
        ),
      ),
    )
    expect(answers.filter((answer) => answer.includes('done'))).toHaveLength(60)
    for (const { log } of [outer, inner]) expect(log().match(/Accepted publickey/g)).toHaveLength(1)
  })

  test('through a bastion that is not let in says the same of all hosts behind it', async () => {
    const bastion = await startLoginHost(folder, ['AllowUsers somebody-else', 'LogLevel VERBOSE'])
    const through = loginTarget(folder, bastion.port)
    const { signal } = new AbortController()
    await using bastions = new Bastions({ random: Math.random, ask: null, keepOpen: true })
    const failures = await Promise.all(
      [1, 2, 3].map((port) =>
        failureOf(
          attempt(loginTarget(folder, port, { route: { kind: 'jump', through } }), 'echo', signal, bastions),
        ),
      ),
    )
    expect(new Set(failures.map(({ kind, message }) => `${kind} ${message}`)).size).toBe(1)
    expect(failures[0]).toMatchObject({ kind: 'bastion', stage: 'connect' })
    expect(failures[0]?.message).toContain(`the bastion root@127.0.0.1 port ${bastion.port} cannot be used`)
    expect(bastion.log().match(/Connection from/g)).toHaveLength(1)
  })

  test.for([
    ['that forwards nothing', ['AllowTcpForwarding no'], 'bastion'],
    ['to a port where nobody listens', [], 'refused'],
  ] as const)('through a bastion %s', async ([, options, kind]) => {
    const through = await targetWith(options)
    const failure = await failureOf(attempt(loginTarget(folder, 1, { route: { kind: 'jump', through } })))
    expect(failure).toMatchObject({ kind, stage: 'connect' })
    expect(failure.message).toContain(`the bastion root@127.0.0.1 port ${through.port}`)
  })

  test('through a bastion that dies: hosts behind it are dropped, and the next one logs in anew', async () => {
    const bastion = await startLoginHost(folder, ['LogLevel VERBOSE'])
    const route = { kind: 'jump', through: loginTarget(folder, bastion.port) } as const
    const target = await targetWith([], { route })
    const { signal } = new AbortController()
    await using bastions = new Bastions({ random: Math.random, ask: null, keepOpen: true })
    const session = await openSession(target, signal, bastions)
    await session.exchange(script('echo'), marks, 'read')
    const cut = failureOf(session.exchange(script('sleep 30'), marks, 'read'))
    bastion.cut()
    expect(await cut).toMatchObject({ kind: 'dropped', stage: 'read' })
    expect(await attempt(target, 'echo again', signal, bastions)).toContain('again')
    expect(bastion.log().match(/Accepted publickey/g)).toHaveLength(2)
  })

  test('by addresses of the other family, or by a name to bind to', async () => {
    const target = await targetWith([])
    const at = (addressFamily: 4 | 6, bindAddress: string | null): Target => ({
      ...target,
      route: { kind: 'direct', addressFamily, bindAddress },
    })
    expect(await attempt(at(4, '127.0.0.2'), 'echo $SSH_CLIENT')).toContain('127.0.0.2')
    expect(await failureOf(attempt(at(6, null)))).toMatchObject({ kind: 'no_route', stage: 'connect' })
    expect(await failureOf(attempt(at(4, 'eth7')))).toMatchObject({ kind: 'settings', stage: 'connect' })
  })
})

describe('algorithms', () => {
  const none = { kex: null, ciphers: null, macs: null, hostKeys: null }
  test('that are named are the ones we offer', async () => {
    const target = await targetWith(['KexAlgorithms diffie-hellman-group14-sha1'])
    const kex = ['sntrup761x25519-sha512@openssh.com', 'diffie-hellman-group14-sha1']
    expect(await attempt({ ...target, algorithms: { ...none, kex } })).toContain('done')
    expect(await failureOf(attempt(target))).toMatchObject({ kind: 'no_common_algorithm', stage: 'login' })
  })

  test('of which ssh2 knows none are named', async () => {
    const kex = ['mlkem768x25519-sha256']
    const failure = await failureOf(attempt(loginTarget(folder, 1, { algorithms: { ...none, kex } })))
    expect(failure).toMatchObject({ kind: 'no_common_algorithm', stage: 'connect' })
    expect(failure.message).toContain('mlkem768x25519-sha256')
    expect(failure.hint).toContain('--connection openssh')
  })
})
