import ssh2 from 'ssh2'
import type { BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2'

/** The keys of an ssh-agent, which never signs with SHA-1 for us and counts what it could offer. */
export class Agent extends ssh2.BaseAgent<ParsedKey> {
  /** Null until the agent has answered. */
  keys: number | null = null
  readonly #agent: BaseAgent<ParsedKey>

  constructor(socket: string) {
    super()
    this.#agent = ssh2.createAgent(socket) as BaseAgent<ParsedKey>
  }

  getIdentities(callback: IdentityCallback<ParsedKey>): void {
    this.#agent.getIdentities((error, keys) => {
      this.keys = keys?.length ?? null
      callback(error, keys)
    })
  }

  sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback: SignCallback = () => {},
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options)
    else if ((options.hash as string | undefined) === 'sha1')
      callback(new Error('the host takes SHA-1 signatures only'))
    else this.#agent.sign(key, data, options, callback)
  }
}
