import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sudoTo } from '../ssh/become.ts'
import type { ConnectionDefaults } from '../inventory/target.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'

/** Bytes a host may print in one exchange; a full answer has some ten thousand. */
const outputBytes = 4 * 1024 * 1024

/** In the order in which OpenSSH tries them. */
const usualKeys = ['id_rsa', 'id_ecdsa', 'id_ed25519']

/** How to get in where neither inventory nor command line tells: as `ssh` would for this user. */
export function connectionDefaults(
  options: RunOptions,
  { cwd, home, user, env }: RunContext,
): ConnectionDefaults {
  const becomeAs = sudoTo(options.becomeUser)
  const keyFile = options.keyFile?.replace(/^~(?=\/|$)/, home)
  return {
    user: options.user ?? null,
    loginName: user,
    port: null,
    identityFiles: keyFile === undefined ? [] : [resolve(cwd, keyFile)],
    usualIdentityFiles: usualKeys.map((name) => join(home, '.ssh', name)).filter(existsSync),
    agentSocket: env['SSH_AUTH_SOCK'] ?? null,
    hostKeys: {
      checking: options.hostKeyChecking === false ? 'no' : 'yes',
      knownHostsFiles: ['known_hosts', 'known_hosts2'].map((name) => join(home, '.ssh', name)),
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    },
    transport: options.connection === 'ssh' ? 'ssh2' : options.connection,
    become: options.become === true ? becomeAs : null,
    becomeAs,
    limits: {
      connectSeconds: options.timeout,
      retries: options.retries,
      loginSeconds: options.loginTimeout,
      commandSeconds: options.commandTimeout,
      keepaliveSeconds: 10,
      outputBytes,
    },
    home,
    cwd,
    sshCommonArgs: options.sshCommonArgs ?? null,
  }
}
