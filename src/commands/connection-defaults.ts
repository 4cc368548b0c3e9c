import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { ConnectionDefaults } from '../inventory/target.ts'
import { SshConfigReader } from '../ssh/ssh-config.ts'
import type { RunContext } from './context.ts'
import { readLoginSecrets } from './login-secrets.ts'
import type { RunOptions } from './options.ts'

/** Bytes a host may print in one exchange; a full answer has some ten thousand. */
const outputBytes = 4 * 1024 * 1024

/** In the order in which OpenSSH tries them. */
const usualKeys = ['id_rsa', 'id_ecdsa', 'id_ed25519']

/**
 * How to get in where neither inventory nor command line tells: as `ssh` would for this user. Asks for the passwords
 * that shall be asked for. Throws UsageError, InputError.
 */
export async function connectionDefaults(
  options: RunOptions,
  context: RunContext,
): Promise<ConnectionDefaults> {
  const { cwd, home, user, env, stderr } = context
  const { password, becomePassword, passphrase } = await readLoginSecrets(options, context)
  const method = options.becomeMethod
  const becomeAs = {
    method,
    user: options.becomeUser,
    program: method,
    flags: null,
    password: becomePassword,
  }
  const keyFile = options.keyFile?.replace(/^~(?=\/|$)/, home)
  const warned = new Set<string>()
  return {
    user: options.user ?? null,
    loginName: user,
    port: null,
    identityFiles: keyFile === undefined ? [] : [resolve(cwd, keyFile)],
    usualIdentityFiles: usualKeys.map((name) => join(home, '.ssh', name)).filter(existsSync),
    // Empty is as good as none, for OpenSSH too.
    agentSocket: env['SSH_AUTH_SOCK'] || null,
    password,
    passphrase,
    hostKeys: {
      checking: options.hostKeyChecking === false ? 'no' : 'ask',
      knownHostsFiles: ['known_hosts', 'known_hosts2'].map((name) => join(home, '.ssh', name)),
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    },
    transport: options.connection === 'ssh' ? 'ssh2' : options.connection,
    become: options.become === true ? becomeAs : null,
    becomeAs,
    limits: {
      connectSeconds: 10,
      retries: options.retries,
      loginSeconds: options.loginTimeout,
      commandSeconds: options.commandTimeout,
      keepaliveSeconds: 10,
      outputBytes,
    },
    home,
    cwd,
    timeoutSeconds: options.timeout ?? null,
    environment: env,
    sshConfig: new SshConfigReader(),
    ...configFiles(home),
    warn: (text) => {
      if (!warned.has(text)) stderr.write(`conntrackctl: ${text}\n`)
      warned.add(text)
    },
    sshCommonArgs: options.sshCommonArgs ?? null,
  }
}

/** ssh takes the home folder of the account, whatever HOME says. Where that says otherwise, the file there counts. */
function configFiles(home: string): Pick<ConnectionDefaults, 'sshConfigFiles' | 'ownSshConfig'> {
  const own = join(home, '.ssh', 'config')
  if (home === accountHome()) return { sshConfigFiles: [own, '/etc/ssh/ssh_config'], ownSshConfig: null }
  return { sshConfigFiles: [own], ownSshConfig: existsSync(own) ? own : 'none' }
}

function accountHome(): string | null {
  try {
    return userInfo().homedir
  } catch {
    return null
  }
}
