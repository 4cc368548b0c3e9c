import type { ConnectionDefaults } from '../../../src/inventory/target.ts'
import { sudoTo } from '../../../src/ssh/become.ts'
import { SshConfigReader } from '../../../src/ssh/ssh-config.ts'

/** Defaults of nobody in particular, on a machine without ssh and its files. */
export const plainDefaults: ConnectionDefaults = {
  user: null,
  loginName: 'me',
  port: null,
  identityFiles: [],
  usualIdentityFiles: ['/home/me/.ssh/id_ed25519'],
  agentSocket: '/run/agent',
  password: null,
  passphrase: null,
  hostKeys: {
    checking: 'ask',
    knownHostsFiles: ['/home/me/.ssh/known_hosts'],
    globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts'],
  },
  transport: 'ssh2',
  become: null,
  becomeAs: sudoTo('root'),
  limits: {
    connectSeconds: 10,
    loginSeconds: 20,
    commandSeconds: 60,
    keepaliveSeconds: 5,
    outputBytes: 1_000_000,
  },
  home: '/home/me',
  cwd: '/srv',
  timeoutSeconds: null,
  environment: {},
  sshConfig: new SshConfigReader('/nowhere/ssh'),
  sshConfigFiles: [],
  ownSshConfig: null,
  warn: () => {},
  sshCommonArgs: null,
}
