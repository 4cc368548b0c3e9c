import type { AnyAuthMethod } from 'ssh2'
import { listAgentKeys } from './agent.ts'
import type { AgentKey } from './agent.ts'
import { HostFailure } from './failure.ts'
import { readIdentityFile } from './identity-file.ts'
import type { Target } from './target.ts'

/** One key to show to a host. */
interface KeyAttempt {
  /** For messages: `key /root/.ssh/id_ed25519`. */
  readonly name: string
  /** Where the private half is. */
  readonly holder: 'file' | 'agent'
  readonly method: AnyAuthMethod
}

/** The keys to try, in order, and what is to be said of those that cannot be. */
export interface KeyAttempts {
  readonly keys: readonly KeyAttempt[]
  readonly notes: readonly string[]
  readonly agentError: Error | null
}

/**
 * The keys for a target in OpenSSH's order: those of the agent that stand in `identityFiles`, its others (unless
 * `identitiesOnly`), then the files. A file whose key the agent holds is not opened, so its passphrase is not needed.
 *
 * Throws HostFailure `key_file`, `agent` or `auth` when there is nothing to log in with, passwords included.
 */
export async function keyAttempts(target: Target, canAnswer: boolean): Promise<KeyAttempts> {
  const { user, passphrase, identityFiles, identitiesOnly, agentSocket } = target
  const files = identityFiles.map((file) => readIdentityFile(file))
  const listed = agentSocket === null ? [] : await listAgentKeys(agentSocket, target.limits.connectSeconds)
  const agentKeys = listed instanceof Error ? [] : listed
  const agentError = listed instanceof Error ? listed : null

  const named: KeyAttempt[] = []
  const others: KeyAttempt[] = []
  const held = new Set<string>()
  for (const agent of agentKeys) {
    const blob = agent.key.getPublicSSH()
    const file = files.find(({ publicBlob }) => publicBlob?.equals(blob) === true)
    const method = { type: 'agent', username: user, agent } as const
    if (file !== undefined) {
      held.add(file.file)
      named.push({ name: `key ${file.file} (agent)`, holder: 'agent', method })
    } else if (!identitiesOnly) others.push({ name: nameOf(agent), holder: 'agent', method })
  }

  const fromFiles: KeyAttempt[] = []
  const notes: string[] = []
  let unusable: HostFailure | null = null
  for (const identity of files) {
    if (identity.hasCertificate)
      notes.push(`ssh2 cannot show the certificate of ${identity.file} (--connection openssh can)`)
    if (held.has(identity.file)) continue
    const read = identity.open(passphrase)
    if (read.state === 'usable') {
      const method = { type: 'publickey', username: user, key: read.key } as const
      fromFiles.push({ name: `key ${identity.file}`, holder: 'file', method })
    } else {
      notes.push(read.why)
      unusable ??= new HostFailure('key_file', 'login', read.why, read.hint)
    }
  }

  const keys = [...named, ...others, ...fromFiles]
  if (agentError !== null) notes.push(agentError.message)
  if (keys.length === 0 && !canAnswer) throw unusable ?? nothingToShow(target, agentKeys.length, agentError)
  return { keys, notes, agentError }
}

function nameOf({ key }: AgentKey): string {
  return `agent key ${key.comment === '' ? key.type : key.comment}`
}

function nothingToShow(target: Target, agentKeys: number, agentError: Error | null): HostFailure {
  if (agentError !== null) {
    const hint = 'start it and check SSH_AUTH_SOCK (ssh-add -l), or name a private key'
    return new HostFailure('agent', 'login', agentError.message, hint, agentError)
  }
  const left = agentKeys === 0 ? '' : `; the ${agentKeys} of the agent are ruled out by IdentitiesOnly`
  const hint =
    'name a private key (--private-key, ansible_ssh_private_key_file), start an ssh-agent, or give a password'
  return new HostFailure('auth', 'login', `there is no key to log in to ${target.name} with${left}`, hint)
}
