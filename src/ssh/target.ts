import type { Secret } from './secret.ts'

/** What to do about a host key that is in no known_hosts file (OpenSSH's words). A changed key is refused under all. */
export type StrictHostKeyChecking = 'yes' | 'ask' | 'accept-new' | 'no'

/** How bytes get to a host: the ssh2 library, the system's ssh, or no network at all: this machine's own shell. */
export type Transport = 'ssh2' | 'openssh' | 'local'

/** How the connection is made. */
type Route =
  | {
      readonly kind: 'direct'
      /** 0: whichever the name resolves to. */
      readonly addressFamily: 0 | 4 | 6
      /** The address of this machine to connect from, or null. */
      readonly bindAddress: string | null
    }
  /** Through a host that we log in to first; that one may have a route of the same kind. */
  | { readonly kind: 'jump'; readonly through: Target }
  /** Over the standard input and output of a command, all its tokens filled in; run by `/bin/sh -c 'exec …'`. */
  | { readonly kind: 'command'; readonly command: string }

/** Names as OpenSSH writes them, most wished first; null leaves the choice to us. */
interface WishedAlgorithms {
  readonly kex: readonly string[] | null
  readonly ciphers: readonly string[] | null
  readonly macs: readonly string[] | null
  readonly hostKeys: readonly string[] | null
}

/** Whom to become after the login, and how. */
export interface Become {
  readonly method: 'sudo' | 'su' | 'doas'
  readonly user: string
  /** The program, by name or path. */
  readonly program: string
  /** Words between the program and what it is to run; null for those that fit the method. */
  readonly flags: readonly string[] | null
  /** For the prompt only; null where none is known. */
  readonly password: Secret | null
}

/** Where one host is and how to get in, all defaults filled in. Its secrets do not print. */
export interface Target {
  /** The inventory's name, for messages. */
  readonly name: string
  readonly transport: Transport
  readonly address: string
  readonly port: number
  readonly user: string
  readonly route: Route
  /** Private key files in the order to try them, absolute. */
  readonly identityFiles: readonly string[]
  /** Only the agent's keys that stand in `identityFiles`. */
  readonly identitiesOnly: boolean
  /** Socket of an ssh-agent, or null to use none. */
  readonly agentSocket: string | null
  /** Opens the encrypted ones of `identityFiles`. */
  readonly passphrase: Secret | null
  /** For the methods `password` and `keyboard-interactive`. */
  readonly password: Secret | null
  readonly hostKeys: {
    readonly checking: StrictHostKeyChecking
    /** Absolute paths; the first is the one `accept-new` adds to. */
    readonly knownHostsFiles: readonly string[]
  }
  /** The name to look up in known_hosts instead of the address, or null. */
  readonly hostKeyAlias: string | null
  readonly algorithms: WishedAlgorithms
  /** For the system's ssh, where that is the transport: the operator's options, and last the host as it knows it. */
  readonly sshArguments: readonly string[]
  /** Whether the remote shell gets a terminal in any case; else only where sudo, su or doas wants one. */
  readonly tty: boolean
  /** Run the remote shell as another user, or null to stay who we are. */
  readonly become: Become | null
  readonly limits: {
    /** TCP connection, seconds. */
    readonly connectSeconds: number
    /** How often a host that does not answer before the login is tried again within `connectSeconds`; not at all when absent. */
    readonly retries?: number
    /** From the TCP connection to a shell that answers, seconds. */
    readonly loginSeconds: number
    /** One exchange with the remote shell, seconds. */
    readonly commandSeconds: number
    /** A silent peer is given up after `keepaliveTimes` (3 where that is left out) of these, seconds. */
    readonly keepaliveSeconds: number
    readonly keepaliveTimes?: number
    /** Bytes that a host may print in one exchange. */
    readonly outputBytes: number
  }
}
