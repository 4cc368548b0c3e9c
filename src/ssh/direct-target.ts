import type { Target } from './target.ts'

/** The fields of a target of which most hosts need nothing: ssh2, a direct connection, no passwords, our own algorithms. */
export const directTarget = {
  transport: 'ssh2',
  route: { kind: 'direct', addressFamily: 0, bindAddress: null },
  identitiesOnly: false,
  agentSocket: null,
  passphrase: null,
  password: null,
  hostKeyAlias: null,
  algorithms: { kex: null, ciphers: null, macs: null, hostKeys: null },
  sshArguments: [],
  tty: false,
  become: null,
} as const satisfies Partial<Target>
