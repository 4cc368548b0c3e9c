import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { directTarget } from '../../src/ssh/direct-target.ts'
import type { Target } from '../../src/ssh/target.ts'
import type { HostFile, HostSpec } from './rig/host-spec.mjs'

/** The password of every user of these hosts. */
export const password = `correct horse: "battery" $taple ${process.pid}`

export interface LoginHost {
  readonly port: number
  readonly log: () => string
  readonly stop: () => void
  /** Ends the connections that it has, and not itself. */
  readonly cut: () => void
}

/** Users of these hosts beside root, all with a password. */
const users = [
  ['tess', '/bin/sh', ''],
  ['csh', '/bin/csh', ''],
  ['fish', '/usr/bin/fish', ''],
  ['nologin', '/usr/sbin/nologin', ''],
  ['chatty', '/opt/chatty', ''],
  ['expired', '/bin/sh', 'expired'],
  ['free', '/bin/sh', ''],
  ['lectured', '/bin/sh', ''],
  ['nosudo', '/bin/sh', ''],
  ['ttyonly', '/bin/sh', ''],
  ['ttyfree', '/bin/csh', ''],
  ['german', '/bin/sh', ''],
] as const

/** Who may become root, and how. */
const sudoers = `Defaults lecture=never
Defaults:lectured lecture=always
Defaults:ttyonly requiretty, use_pty
Defaults:ttyfree requiretty
root ALL=(ALL) ALL
tess,csh,fish,chatty,lectured,ttyonly,german ALL=(ALL) ALL
free,ttyfree ALL=(ALL) NOPASSWD: ALL
`
const doasConf = `permit tess as root
permit csh as root
permit ttyonly as root
permit nopass free as root
`

/** A folder with host and user keys, gone when the caller's tests end. */
export function loginFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'login-'))
  for (const name of ['host', 'user']) keyIn(folder, name)
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'user.pub')))
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password }).toString().trim()
  const day = Math.floor(Date.now() / 86_400_000)
  const passwd = users.map(([name, shell], at) => `${name}:x:${4000 + at}:4000::${folder}/home:${shell}\n`)
  const shadow = users.map(
    ([name, , state]) => `${name}:${hash}:${state === 'expired' ? 0 : day}:0:99999:7:::\n`,
  )
  const etc = join(folder, 'etc')
  execFileSync('cp', ['-a', '/etc', etc])
  appendFileSync(join(etc, 'passwd'), passwd.join(''))
  const rows = [`root:${hash}:${day}:0:99999:7:::\n`, `sshd:!:${day}::::::\n`, ...shadow]
  writeFileSync(join(etc, 'shadow'), rows.join(''), { mode: 0o600 })
  writeFileSync(join(etc, 'sudoers'), sudoers, { mode: 0o440 })
  writeFileSync(join(etc, 'doas.conf'), doasConf, { mode: 0o400 })
  const pam = ['auth', 'account', 'password'].map((type) => `${type} required pam_unix.so\n`).join('')
  for (const name of ['sshd', 'sudo', 'su', 'doas'])
    writeFileSync(join(etc, 'pam.d', name), `${pam}session required pam_permit.so\n`)
  mkdirSync(join(folder, 'opt'))
  const chatty = '#!/bin/sh\nhead -c 1000000 /dev/zero | tr "\\0" x\necho\nexec /bin/sh "$@"\n'
  writeFileSync(join(folder, 'opt', 'chatty'), chatty, { mode: 0o755 })
  mkdirSync(join(folder, 'home'), { mode: 0o777 })
  execFileSync('chmod', ['755', folder])
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** The same with an operator's home, and a playbook to plan. */
export function operatorFolder(): {
  readonly folder: string
  readonly home: string
  readonly remove: () => void
} {
  const { folder, remove } = loginFolder()
  const home = join(folder, 'operator')
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 262144}\n')
  return { folder, home, remove }
}

export function keyIn(folder: string, name: string, words: readonly string[] = []): string {
  const file = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file, ...words])
  return file
}

/**
 * A real sshd whose users, passwords and PAM rules are bind mounts in a mount namespace of its own: nothing of this
 * machine is changed. It goes when the test ends.
 */
export async function startLoginHost(folder: string, options: readonly string[] = []): Promise<LoginHost> {
  mkdirSync('/run/sshd', { recursive: true })
  const port = await freePort()
  const config = [
    ...options,
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'StrictModes no',
    'PermitRootLogin yes',
    'PidFile none',
    'UsePAM no',
  ]
  const file = join(folder, `sshd_config_${port}`)
  writeFileSync(file, `${config.join('\n')}\n`)
  const script = `set -e; mount --bind ${folder}/opt /opt; mount --bind ${folder}/etc /etc; exec /usr/sbin/sshd -D -e -f ${file}`
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Server listening')) resolve()
    })
    child.on('exit', () => reject(new Error(`sshd did not start: ${said}`)))
  })
  const stop = (): void => void child.kill()
  onTestFinished(stop)
  const cut = (): void => void execFileSync('pkill', ['-P', String(child.pid)])
  return { port, log: () => said, stop, cut }
}

/**
 * A host of the rig with the same users, passwords, PAM rules and keys: its conntrack values are its own, so that what
 * is read there can be changed as well. `sshd` are lines for its configuration.
 */
export function loginHostSpec(folder: string, name: string, sshd: readonly string[] = []): HostSpec {
  const etc = join(folder, 'etc')
  const text = (path: string, mode: number): HostFile => ({ text: readFileSync(path, 'utf8'), mode })
  const secret = ['shadow', 'sudoers', 'doas.conf'].map((file) => [
    `/etc/${file}`,
    text(join(etc, file), 0o400),
  ])
  const pam = ['sshd', 'sudo', 'su', 'doas'].map((service) => [
    `/etc/pam.d/${service}`,
    text(join(etc, 'pam.d', service), 0o644),
  ])
  const passwd = readFileSync(join(etc, 'passwd'), 'utf8').replaceAll(`${folder}/home`, '/home')
  return {
    name,
    sshd: [...sshd, 'AuthorizedKeysFile /etc/ssh/authorized_keys', 'UsePAM no', 'LogLevel DEBUG3'],
    files: {
      ...Object.fromEntries([...secret, ...pam]),
      '/etc/passwd': passwd,
      '/etc/ssh/authorized_keys': text(join(folder, 'authorized_keys'), 0o644),
      '/etc/ssh/ssh_host_ed25519_key': text(join(folder, 'host'), 0o600),
      '/opt/chatty': text(join(folder, 'opt', 'chatty'), 0o755),
    },
  }
}

/** Many such hosts, with the usual settings. */
export async function loginHosts(folder: string, count: number): Promise<readonly LoginHost[]> {
  return Promise.all(Array.from({ length: count }, () => startLoginHost(folder, ['MaxStartups 100'])))
}

/** An ssh-agent with these keys, until the test ends; gives its socket. */
export async function startAgent(folder: string, files: readonly string[]): Promise<string> {
  const socket = join(folder, `agent-${Math.random().toString(36).slice(2)}`)
  const agent = spawn('/usr/bin/ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void agent.kill())
  await once(agent.stdout, 'data')
  execFileSync('/usr/bin/ssh-add', ['-q', ...files], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return socket
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** How to reach such a host, its key known, with the user's key. */
export function loginTarget(folder: string, port: number, changes: Partial<Target> = {}): Target {
  const knownHosts = join(folder, `known_hosts_${port}`)
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`)
  return {
    ...directTarget,
    name: `host-${port}`,
    address: '127.0.0.1',
    port,
    user: 'root',
    identityFiles: [join(folder, 'user')],
    hostKeys: { checking: 'yes', knownHostsFiles: [knownHosts] },
    limits: {
      connectSeconds: 60,
      loginSeconds: 90,
      commandSeconds: 60,
      keepaliveSeconds: 10,
      outputBytes: 1_000_000,
    },
    ...changes,
  }
}
