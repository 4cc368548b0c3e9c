import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { directTarget } from '../../src/ssh/direct-target.ts'
import { sudoTo } from '../../src/ssh/become.ts'
import { algorithms } from '../../src/ssh/algorithms.ts'
import { HostFailure } from '../../src/ssh/failure.ts'
import { openSession } from '../../src/ssh/open-session.ts'
import type { Target } from '../../src/ssh/target.ts'
import { startSshd } from './own-sshd.ts'
import type { Sshd } from './own-sshd.ts'

/** Sessions with a real OpenSSH server in its various moods. */

const keyTypes = {
  ed25519: [],
  rsa: ['-b', '3072'],
  ecdsa256: ['-b', '256'],
  ecdsa384: ['-b', '384'],
  ecdsa521: ['-b', '521'],
}
type KeyName = keyof typeof keyTypes
const keyNames = Object.keys(keyTypes) as KeyName[]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openssh-'))
  for (const role of ['host', 'user']) {
    for (const name of keyNames) {
      const words = [
        '-q',
        '-t',
        name.replace(/\d+$/, (bits) => (name.startsWith('ecdsa') ? '' : bits)),
        '-N',
        '',
      ]
      execFileSync('ssh-keygen', [...words, ...keyTypes[name], '-f', join(folder, `${role}_${name}`)])
    }
  }
  const allowed = keyNames.map((name) => readFileSync(join(folder, `user_${name}.pub`), 'utf8'))
  writeFileSync(join(folder, 'authorized_keys'), allowed.join(''))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function sshdWith(options: readonly string[], hostKey: KeyName = 'ed25519'): Promise<Sshd> {
  const sshd = await startSshd(folder, [`host_${hostKey}`], options)
  onTestFinished(sshd.stop)
  return sshd
}

function targetAt(port: number, changes: Partial<Target> = {}): Target {
  const knownHosts = join(folder, `known_hosts_${port}`)
  const hostKeys = keyNames.map((name) => readFileSync(join(folder, `host_${name}.pub`), 'utf8'))
  writeFileSync(knownHosts, hostKeys.map((key) => `[127.0.0.1]:${port} ${key}`).join(''))
  return {
    ...directTarget,
    name: 'real',
    address: '127.0.0.1',
    port,
    user: userInfo().username,
    identityFiles: [join(folder, 'user_ed25519')],
    agentSocket: null,
    hostKeys: { checking: 'yes', knownHostsFiles: [knownHosts] },
    become: null,
    limits: {
      connectSeconds: 10,
      loginSeconds: 30,
      commandSeconds: 30,
      keepaliveSeconds: 10,
      outputBytes: 1_000_000,
    },
    ...changes,
  }
}

async function attempt(target: Target, work = 'echo done'): Promise<string> {
  await using session = await openSession(target, new AbortController().signal)
  const answer = await session.exchange(
    `{ echo @b; ${work}; echo @e $?; }`,
    { begin: '@b', end: '@e' },
    'read',
  )
  return answer.replace(/@e 0\n$/, '')
}

async function failureOf(work: Promise<unknown>): Promise<HostFailure> {
  const end = await work.catch((error: unknown) => error)
  if (end instanceof HostFailure) return end
  throw end instanceof Error ? end : new Error(`expected a failure, got ${String(end)}`)
}

describe('we speak', () => {
  test.for(algorithms.kex)('%s', async (kex) => {
    const { port } = await sshdWith([`KexAlgorithms=${kex}`])
    expect(await attempt(targetAt(port))).toBe('done\n')
  })

  test.for(algorithms.cipher)('%s', async (cipher) => {
    const { port } = await sshdWith([`Ciphers=${cipher}`])
    expect(await attempt(targetAt(port), `yes | head -c 300000`)).toBe('y\n'.repeat(150_000))
  })

  test.for(algorithms.hmac)('%s', async (hmac) => {
    const { port } = await sshdWith(['Ciphers=aes128-ctr', `MACs=${hmac}`])
    expect(await attempt(targetAt(port))).toBe('done\n')
  })

  test.for(keyNames)('with a host that has a key of %s', async (name) => {
    const { port } = await sshdWith([], name)
    expect(await attempt(targetAt(port))).toBe('done\n')
  })

  test.for(keyNames)('as a user that has a key of %s', async (name) => {
    const { port } = await sshdWith([])
    expect(await attempt(targetAt(port, { identityFiles: [join(folder, `user_${name}`)] }))).toBe('done\n')
  })

  test.for(keyNames)('through a real ssh-agent that holds a key of %s', async (name) => {
    const agentSocket = join(folder, `agent_${name}`)
    const agent = spawn('/usr/bin/ssh-agent', ['-D', '-a', agentSocket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void agent.kill())
    await once(agent.stdout, 'data')
    const env = { ...process.env, SSH_AUTH_SOCK: agentSocket }
    execFileSync('/usr/bin/ssh-add', ['-q', join(folder, `user_${name}`)], { env })
    const { port } = await sshdWith([])
    expect(await attempt(targetAt(port, { identityFiles: [], agentSocket }))).toBe('done\n')
  })

  test('no SHA-1: a host with nothing else is refused, and says so', async () => {
    const { port } = await sshdWith(['HostKeyAlgorithms=ssh-rsa'], 'rsa')
    const failure = await failureOf(attempt(targetAt(port)))
    expect(failure.kind).toBe('no_common_algorithm')
    expect(failure.message).toContain('the host offers ssh-rsa')
  })

  test('no post-quantum key exchange: a host with nothing else is refused, and says so', async () => {
    const { port } = await sshdWith(['KexAlgorithms=sntrup761x25519-sha512@openssh.com'])
    const failure = await failureOf(attempt(targetAt(port)))
    expect(failure.kind).toBe('no_common_algorithm')
    expect(failure.message).toContain('sntrup761x25519-sha512@openssh.com')
    expect(failure.hint).toContain('post-quantum')
  })
})

describe('a real sshd that', () => {
  test.for([
    ['does not know the key', ['AuthorizedKeysFile=/nonexistent'], 'auth', /still offers publickey/],
    ['does not allow the user', ['AllowUsers=somebody-else'], 'auth', /was not let in/],
    [
      'takes passwords only',
      ['PubkeyAuthentication=no', 'PasswordAuthentication=yes'],
      'auth',
      /still offers password/,
    ],
    ['wants two proofs', ['AuthenticationMethods=publickey,publickey'], 'auth', /wants more/],
    ['opens no session', ['MaxSessions=0'], 'shell', /refused to start a shell/],
    [
      'transfers files only',
      ['ForceCommand=internal-sftp'],
      'shell',
      /ended with status \d+ before it took a command/,
    ],
    [
      'runs something else',
      ['ForceCommand=echo no; exit 4'],
      'shell',
      /ended with status 4 before it took a command: no$/,
    ],
  ] as const)('%s', async ([, options, kind, message]) => {
    const { port } = await sshdWith(options)
    const target = targetAt(port)
    const failure = await failureOf(attempt({ ...target, limits: { ...target.limits, loginSeconds: 3 } }))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(message)
  })

  test('has too many logins under way', async () => {
    const { port } = await sshdWith(['MaxStartups=1:100:1', 'LoginGraceTime=30'])
    const waiting = connect(port, '127.0.0.1')
    onTestFinished(() => void waiting.destroy())
    await once(waiting, 'data')
    const failure = await failureOf(attempt(targetAt(port)))
    expect(failure.kind).toBe('dropped')
    expect(failure.hint).toContain('MaxStartups')
  })

  test('bans after too many keys', async () => {
    const { port } = await sshdWith(['MaxAuthTries=2'])
    const strangers = ['a', 'b', 'c', 'd'].map((name) => {
      const file = join(folder, `stranger_${name}`)
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
      return file
    })
    const failure = await failureOf(attempt(targetAt(port, { identityFiles: strangers })))
    expect(failure.kind).toBe('auth')
    expect(failure.message).toContain('it said: Too many authentication failures')
  })

  test('has a banner', async () => {
    const banner = join(folder, 'banner')
    writeFileSync(banner, 'Authorised use only.\n'.repeat(100))
    const { port } = await sshdWith([`Banner=${banner}`])
    expect(await attempt(targetAt(port))).toBe('done\n')
  })

  test('has several host keys is not made to prove the others', async () => {
    const sshd = await startSshd(folder, ['host_ed25519', 'host_rsa'], ['LogLevel=DEBUG'])
    onTestFinished(sshd.stop)
    expect(await attempt(targetAt(sshd.port))).toBe('done\n')
    expect(sshd.log()).toContain('server_input_channel_req')
    expect(sshd.log()).not.toContain('hostkeys-prove')
  })
})

describe('the real sudo', () => {
  test('makes us another user', async () => {
    const { port } = await sshdWith([])
    expect(await attempt(targetAt(port, { become: sudoTo('nobody') }), 'id -un')).toBe('nobody\n')
  })

  test('does not know the user', async () => {
    const { port } = await sshdWith([])
    const failure = await failureOf(attempt(targetAt(port, { become: sudoTo('no such user') })))
    expect(failure).toMatchObject({ kind: 'become', stage: 'become' })
    expect(failure.hint).toContain('there is no user no such user')
  })
})
