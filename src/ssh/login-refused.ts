import { HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

/** What happened in a login that did not get in. */
interface Refusal {
  readonly tried: readonly { readonly name: string; readonly holder: 'file' | 'agent' | 'person' }[]
  /** What the host still offers; null where it has not said. */
  readonly offered: readonly string[] | null
  readonly isPartial: boolean
  readonly notes: readonly string[]
  readonly agentError: Error | null
  /** The host's own word, if it had one. */
  readonly reason: string | undefined
}

/** Says what was tried and what the host wants instead. */
export function loginRefused(target: Target, refusal: Refusal): HostFailure {
  const { tried, offered, isPartial, notes, agentError, reason } = refusal
  const said = [
    `${target.user}@${target.address} was not let in; tried ${namesOf(target, refusal) || 'nothing'}`,
    ...(isPartial ? ['the host took one of them and wants more'] : []),
    ...(offered === null ? [] : [`the host still offers ${printable(offered.join(', ')) || 'nothing'}`]),
    ...(reason === undefined ? [] : [`it said: ${reason}`]),
    ...new Set(notes),
  ]
  if (agentError !== null && tried.every(({ holder }) => holder === 'agent')) {
    const hint = 'start it and check SSH_AUTH_SOCK (ssh-add -l), or name a private key'
    return new HostFailure('agent', 'login', said.join('; '), hint, agentError)
  }
  return new HostFailure('auth', 'login', said.join('; '), hintFor(target, refusal))
}

/** Keys of the agent that no file names are counted: nobody wants to read twenty of them. */
function namesOf({ agentSocket }: Target, { tried }: Refusal): string {
  const isCounted = ({ name, holder }: Refusal['tried'][number]): boolean =>
    holder === 'agent' && name.startsWith('agent key ')
  const names = tried.filter((attempt) => !isCounted(attempt)).map(({ name }) => name)
  const counted = tried.filter(isCounted).length
  const at = tried.findIndex(isCounted)
  if (counted > 0) names.splice(at, 0, `agent ${agentSocket} (${counted} key${counted === 1 ? '' : 's'})`)
  return printable(names.join(', '))
}

function hintFor({ password, identitiesOnly }: Target, { tried, offered, reason }: Refusal): string {
  if (reason !== undefined && /too many/i.test(reason)) {
    return identitiesOnly
      ? 'the host (MaxAuthTries) takes fewer tries than there are keys: name only the right one'
      : 'the agent holds more keys than the host tries (MaxAuthTries): name the right key with --private-key, and only that with -o IdentitiesOnly=yes'
  }
  const offersPassword = offered?.some((method) => method === 'password' || method === 'keyboard-interactive')
  if (tried.some(({ holder }) => holder === 'person'))
    return 'check the user and the password, and that sshd lets this user in (PermitRootLogin, AllowUsers, PAM)'
  if (offered !== null && !offered.includes('publickey')) {
    if (offersPassword === true && password === null)
      return 'the host takes no keys from this user: give the password (--ask-pass, ansible_password)'
    return "ssh2 cannot log in the way the host wants: try the system's ssh with --connection openssh"
  }
  return "check the user and that the public key stands in the host's authorized_keys"
}
