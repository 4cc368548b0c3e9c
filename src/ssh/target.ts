/** What to do about a host key that is in no known_hosts file (OpenSSH's words). A changed key is refused under all. */
export type StrictHostKeyChecking = 'yes' | 'accept-new' | 'no'

/** Where one host is and how to get in, all defaults filled in. Nothing here is secret: keys are named, not held. */
export interface Target {
  /** The inventory's name, for messages. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** Private key files in the order to try them, absolute. */
  readonly identityFiles: readonly string[]
  /** Socket of an ssh-agent, or null to use none. */
  readonly agentSocket: string | null
  readonly hostKeys: {
    readonly checking: StrictHostKeyChecking
    /** Absolute paths; the first is the one `accept-new` adds to. */
    readonly knownHostsFiles: readonly string[]
  }
  /** Run the remote shell as another user, or null to stay who we are. */
  readonly become: { readonly method: 'sudo'; readonly user: string } | null
  readonly limits: {
    /** TCP connection, seconds. */
    readonly connectSeconds: number
    /** From the TCP connection to a shell that answers, seconds. */
    readonly loginSeconds: number
    /** One exchange with the remote shell, seconds. */
    readonly commandSeconds: number
    /** A silent peer is given up after three of these, seconds. */
    readonly keepaliveSeconds: number
    /** Bytes that a host may print in one exchange. */
    readonly outputBytes: number
  }
}
