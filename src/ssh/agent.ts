import ssh2 from 'ssh2'
import type { BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2'

/** One key of an ssh-agent, to be tried by itself; it never signs with SHA-1 for us. */
export class AgentKey extends ssh2.BaseAgent<ParsedKey> {
  readonly key: ParsedKey
  readonly #agent: BaseAgent<ParsedKey>

  constructor(agent: BaseAgent<ParsedKey>, key: ParsedKey) {
    super()
    this.#agent = agent
    this.key = key
  }

  getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(undefined, [this.key])
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

/**
 * The keys of the ssh-agent at `socket`, in its order; certificates and security keys are left out by ssh2.
 * Gives an Error when the agent does not answer within `limitSeconds`. Never throws.
 */
export function listAgentKeys(socket: string, limitSeconds: number): Promise<readonly AgentKey[] | Error> {
  return new Promise((resolve) => {
    const late = `the agent at ${socket} did not answer within ${limitSeconds} s`
    const timer = setTimeout(() => resolve(new Error(late)), limitSeconds * 1000)
    const agent = ssh2.createAgent(socket) as BaseAgent<ParsedKey>
    agent.getIdentities((error, keys) => {
      clearTimeout(timer)
      const usable = (keys ?? []).flatMap((key) => ('getPublicSSH' in key ? [new AgentKey(agent, key)] : []))
      resolve(error ?? usable)
    })
  })
}
