import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { AuthContext, Connection } from 'ssh2'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Target } from '../../../src/ssh/target.ts'
import { attempt, failureOf } from './attempt.ts'
import {
  hostKey,
  limits,
  otherHostKey,
  startFakeHost,
  targetAt,
  temporaryFolder,
  userKey,
} from './fake-host.ts'
import { ed25519Key } from './ed25519-key.ts'

type Checking = Target['hostKeys']['checking']

describe('a host key', () => {
  function withLines(port: number, lines: string, checking: Checking): Target {
    const file = join(temporaryFolder(), 'known_hosts')
    writeFileSync(file, lines)
    return targetAt(port, { hostKeys: { checking, knownHostsFiles: [file] } })
  }

  test('that is not known', async () => {
    const port = await startFakeHost()
    const failure = await failureOf(attempt(withLines(port, '', 'yes')))
    expect(failure).toMatchObject({ kind: 'host_key_unknown', stage: 'connect' })
    expect(failure.message).toMatch(
      /\[127\.0\.0\.1\]:\d+ \(ssh-ed25519 SHA256:[\w+/]{43}\) is not known in \//,
    )
    expect(failure.hint).toContain(`ssh-keyscan -p ${port} 127.0.0.1`)
  })

  test.for(['yes', 'accept-new', 'no'] as const)('that has changed is refused under %s', async (checking) => {
    const port = await startFakeHost()
    const target = withLines(port, `# a comment\n[127.0.0.1]:${port} ${otherHostKey.public}\n`, checking)
    const [file = ''] = target.hostKeys.knownHostsFiles
    const failure = await failureOf(attempt(target))
    expect(failure).toMatchObject({ kind: 'host_key_changed', stage: 'connect' })
    expect(failure.message).toContain(`${file}:2 has ssh-ed25519 SHA256:`)
    expect(failure.message.match(/SHA256:[\w+/]{43}/g)).toHaveLength(2)
    expect(failure.hint).toContain(`ssh-keygen -f ${file} -R '[127.0.0.1]:${port}'`)
  })

  test.for(['yes', 'accept-new', 'no'] as const)(
    'of another type than the known ones is refused under %s',
    async (checking) => {
      const port = await startFakeHost()
      const { public: ecdsa } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 384 })
      const failure = await failureOf(attempt(withLines(port, `[127.0.0.1]:${port} ${ecdsa}\n`, checking)))
      expect(failure).toMatchObject({ kind: 'host_key_changed', stage: 'connect' })
      expect(failure.message).toContain('ecdsa-sha2-nistp384')
    },
  )

  test.for(['yes', 'accept-new', 'no'] as const)('that is revoked is refused under %s', async (checking) => {
    const port = await startFakeHost()
    const lines = `[127.0.0.1]:${port} ${hostKey.public}\n@revoked * ${hostKey.public}\n`
    const failure = await failureOf(attempt(withLines(port, lines, checking)))
    expect(failure).toMatchObject({ kind: 'host_key_revoked', stage: 'connect' })
    expect(failure.message).toContain(':2')
  })

  test.for(['yes', 'accept-new', 'no'] as const)(
    'cannot be checked when the file is a folder, under %s',
    async (checking) => {
      const port = await startFakeHost()
      const folder = temporaryFolder()
      const failure = await failureOf(
        attempt(targetAt(port, { hostKeys: { checking, knownHostsFiles: [folder] } })),
      )
      expect(failure).toMatchObject({ kind: 'host_key_unreadable', stage: 'connect' })
      expect(failure.message).toContain(`${folder} cannot be read: not a regular file`)
    },
  )

  test('is not accepted when it cannot be recorded', async () => {
    const port = await startFakeHost()
    for (const knownHostsFiles of [[], ['/proc/nobody/writes/here']]) {
      const failure = await failureOf(
        attempt(targetAt(port, { hostKeys: { checking: 'accept-new', knownHostsFiles } })),
      )
      expect(failure).toMatchObject({ kind: 'host_key_unknown', stage: 'connect' })
      expect(failure.message).toContain('could not be recorded')
    }
  })
})

describe('a login', () => {
  test.for([
    [
      'with a key that the host does not take',
      (context: AuthContext) => context.reject(['publickey', 'password']),
      'auth',
      /operator@127\.0\.0\.1 was not let in; tried key \S+; the host still offers publickey, password/,
      /authorized_keys/,
    ],
    [
      'to a host that takes keyboard-interactive only',
      (context: AuthContext) => context.reject(['keyboard-interactive']),
      'auth',
      /the host still offers keyboard-interactive/,
      /takes no keys from this user/,
    ],
    [
      'that needs a second proof',
      (context: AuthContext) => {
        if (context.method === 'publickey' && context.signature === undefined) context.accept()
        else context.reject(['keyboard-interactive'], true)
      },
      'auth',
      /the host took one of them and wants more; the host still offers keyboard-interactive/,
      /password/,
    ],
    ['that is never answered', () => {}, 'timeout', /did not answer the login within 0\.6 s/, /PAM/],
    [
      'that the host breaks off',
      (_context: AuthContext, connection: Connection) => connection.end(),
      'dropped',
      /closed the connection during the login/,
      /log on the host/,
    ],
  ] as const)('%s', async ([, authenticate, kind, message, hint]) => {
    const port = await startFakeHost({ authenticate })
    const failure = await failureOf(attempt(targetAt(port, { limits: limits({ loginSeconds: 0.6 }) })))
    expect(failure).toMatchObject({ kind, stage: 'login' })
    expect(failure.message).toMatch(message)
    expect(failure.hint).toMatch(hint)
  })

  test('with the second of two keys', async () => {
    const wrong = join(temporaryFolder(), 'wrong')
    writeFileSync(wrong, ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private)
    const port = await startFakeHost()
    const target = targetAt(port)
    expect(await attempt({ ...target, identityFiles: [wrong, ...target.identityFiles] })).toContain('done')
  })

  test('shows no `none` probe and tries each key once, in order', async () => {
    const methods: string[] = []
    const port = await startFakeHost({
      authenticate: (context) => {
        methods.push(context.method)
        context.reject(['publickey'])
      },
    })
    const target = targetAt(port)
    const second = join(temporaryFolder(), 'second')
    writeFileSync(second, ed25519Key().private)
    const failure = await failureOf(attempt({ ...target, identityFiles: [...target.identityFiles, second] }))
    expect(methods).toEqual(['publickey', 'publickey'])
    expect(failure.message).toContain(`tried key ${target.identityFiles[0]}, key ${second};`)
  })

  test('with an RSA key is never signed with SHA-1', async () => {
    const file = join(temporaryFolder(), 'id_rsa')
    writeFileSync(file, ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private)
    const signatures: string[] = []
    const port = await startFakeHost({
      authenticate: (context) => {
        if (context.method !== 'publickey') return context.reject(['publickey'])
        if (context.signature !== undefined) signatures.push(context.hashAlgo ?? 'sha1')
        return context.accept()
      },
    })
    expect(await attempt(targetAt(port, { identityFiles: [file] }))).toContain('done')
    expect(signatures).toEqual(['sha256'])
  })
})

describe('a key file', () => {
  const encrypted = ssh2.utils.generateKeyPairSync('ed25519', {
    passphrase: 'x',
    cipher: 'aes256-ctr',
    rounds: 4,
  })
  test.for([
    ['that does not exist', null, /key file \S+ does not exist/, /name an existing private key/],
    ['that needs a passphrase', encrypted.private, /needs a passphrase/, /ssh-add/],
    ['that holds the public key', userKey.public, /holds a public key/, /without \.pub/],
    [
      'that holds something else',
      'hello',
      /is not a private key that can be used: Unsupported key format/,
      /OpenSSH/,
    ],
    ['that is empty', '', /is not a private key that can be used/, /OpenSSH/],
  ] as const)('%s fails before the host is contacted', async ([, text, message, hint]) => {
    const file = join(temporaryFolder(), 'key')
    if (text !== null) writeFileSync(file, text)
    const failure = await failureOf(attempt(targetAt(1, { identityFiles: [file] })))
    expect(failure).toMatchObject({ kind: 'key_file', stage: 'login' })
    expect(failure.message).toMatch(message)
    expect(failure.hint).toMatch(hint)
  })

  test('that is a folder, or a link to itself', async () => {
    const folder = temporaryFolder()
    symlinkSync('loop', join(folder, 'loop'))
    for (const file of [folder, join(folder, 'loop')]) {
      const failure = await failureOf(attempt(targetAt(1, { identityFiles: [file] })))
      expect(failure).toMatchObject({ kind: 'key_file', stage: 'login' })
      expect(failure.message).toMatch(
        /: (?:it is not a regular file|the symbolic links go round in a circle)$/,
      )
    }
  })

  test('that does not exist does not matter while another one does', async () => {
    const port = await startFakeHost()
    const target = targetAt(port)
    expect(
      await attempt({ ...target, identityFiles: ['/nonexistent/key', ...target.identityFiles] }),
    ).toContain('done')
  })

  test('that was mended is read again', async () => {
    const port = await startFakeHost()
    const target = targetAt(port)
    const [file = ''] = target.identityFiles
    writeFileSync(file, 'broken')
    expect((await failureOf(attempt(target))).kind).toBe('key_file')
    writeFileSync(file, userKey.private)
    chmodSync(file, 0o600)
    expect(await attempt(target)).toContain('done')
  })

  test('is not named at all', async () => {
    const failure = await failureOf(attempt(targetAt(1, { identityFiles: [] })))
    expect(failure).toMatchObject({ kind: 'auth', stage: 'login' })
  })
})

describe('an ssh-agent', () => {
  /** Serves `keys` on a socket, as ssh-agent does. */
  async function startAgent(keys: readonly string[], sign = true): Promise<string> {
    const parsed = keys.map((key) => {
      const read = ssh2.utils.parseKey(key)
      if (read instanceof Error) throw read
      return read
    })
    const socketPath = join(temporaryFolder(), 'agent')
    const server = createServer((socket) => {
      const agent = new ssh2.AgentProtocol(false)
      agent.on('identities', (request) => agent.getIdentitiesReply(request, parsed))
      agent.on('sign', (request, publicKey, data, options) => {
        const key = parsed.find((one) => publicKey.equals(one.getPublicSSH()))
        if (key === undefined || !sign) agent.failureReply(request)
        else agent.signReply(request, key.sign(data, options.hash))
      })
      agent.on('error', () => {})
      socket.on('error', () => {})
      socket.pipe(agent).pipe(socket)
    })
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    return socketPath
  }

  test('signs for us', async () => {
    const other = ed25519Key().private
    const agentSocket = await startAgent([other, userKey.private])
    const port = await startFakeHost()
    expect(await attempt(targetAt(port, { identityFiles: [], agentSocket }))).toContain('done')
  })

  test('comes after the key files', async () => {
    const agentSocket = await startAgent([userKey.private])
    const port = await startFakeHost()
    const file = join(temporaryFolder(), 'wrong')
    writeFileSync(file, ed25519Key().private)
    expect(
      await attempt(targetAt(port, { identityFiles: [file, '/nonexistent/key'], agentSocket })),
    ).toContain('done')
  })

  test('that is not there is a failure when nothing else is', async () => {
    const port = await startFakeHost()
    const failure = await failureOf(
      attempt(targetAt(port, { identityFiles: [], agentSocket: '/nonexistent/agent' })),
    )
    expect(failure).toMatchObject({ kind: 'agent', stage: 'login' })
    expect(failure.message).toContain('Failed to connect to agent')
  })

  test('that is not there does not matter while a key file does', async () => {
    const port = await startFakeHost()
    expect(await attempt(targetAt(port, { agentSocket: '/nonexistent/agent' }))).toContain('done')
  })

  test('that holds the wrong keys: the message says how many, and what the host wants', async () => {
    const agentSocket = await startAgent([1, 2, 3].map(() => ed25519Key().private))
    const port = await startFakeHost()
    const failure = await failureOf(attempt(targetAt(port, { identityFiles: [], agentSocket })))
    expect(failure).toMatchObject({ kind: 'auth', stage: 'login' })
    expect(failure.message).toContain(`tried agent ${agentSocket} (3 keys); the host still offers publickey`)
  })

  test('that refuses to sign', async () => {
    const agentSocket = await startAgent([userKey.private], false)
    const port = await startFakeHost()
    const failure = await failureOf(attempt(targetAt(port, { identityFiles: [], agentSocket })))
    expect(failure).toMatchObject({ kind: 'agent', stage: 'login' })
    expect(failure.message).toContain('Agent responded with failure')
  })
})

describe('after the login', () => {
  test.for([
    [
      'no channel is opened',
      { refuseChannels: true },
      'shell',
      /refused to start a shell: \(SSH\) Channel open failure/,
    ],
    ['no command is run', { refuseCommands: true }, 'shell', /refused to start a shell: Unable to exec/],
    [
      'the connection is closed',
      { connected: (connection: Connection) => connection.end() },
      'dropped',
      /closed the connection before it had started a shell/,
    ],
    ['no channel is answered', { ignoreChannels: true }, 'timeout', /did not start a shell within 0\.6 s/],
  ] as const)('%s', async ([, behaviour, kind, message]) => {
    const port = await startFakeHost(behaviour)
    const failure = await failureOf(attempt(targetAt(port, { limits: limits({ loginSeconds: 0.6 }) })))
    expect(failure).toMatchObject({ kind, stage: 'login' })
    expect(failure.message).toMatch(message)
  })

  test('cancelled at each step', async () => {
    for (const step of ['authenticate', 'connected', 'opened', 'commanded']) {
      const controller = new AbortController()
      const cancel = (): void => controller.abort()
      const port = await startFakeHost({ [step]: cancel })
      const failure = await failureOf(attempt(targetAt(port), 'sleep 20', controller.signal))
      expect(failure).toMatchObject({ kind: 'cancelled', stage: 'login' })
    }
  })
})
