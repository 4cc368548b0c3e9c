import type { Authentication } from './authentication.ts'
import { HostFailure } from './failure.ts'
import type { FirstBytes } from './first-bytes.ts'
import { printable } from '../printable.ts'
import { readServerOffer } from './server-offer.ts'
import type { Target } from './target.ts'

/** What we wait for: the server's first line, its key, its answer to ours, or a shell. */
export type LoginStep = 'banner' | 'kex' | 'auth' | 'shell'

/** Why the wait ended. */
export type LoginEnd = Error | 'timeout' | 'closed'

const late: Readonly<Record<LoginStep, string>> = {
  banner: 'sent no SSH banner',
  kex: 'did not finish the key exchange',
  auth: 'did not answer the login',
  shell: 'did not start a shell',
}
const lateHint: Readonly<Record<LoginStep, string>> = {
  banner: 'sshd hangs, the host is overloaded, or another service listens there',
  kex: 'the host is overloaded, or something on the way swallows large packets (check the MTU)',
  auth: 'the host waits for a name server or a login service (PAM, LDAP), or the ssh-agent waits for a confirmation',
  shell: 'the host is overloaded, or a login service (PAM) hangs',
}
const cut: Readonly<Record<LoginStep, string>> = {
  banner: 'closed the connection before its SSH banner',
  kex: 'closed the connection during the key exchange',
  auth: 'closed the connection during the login',
  shell: 'closed the connection before it had started a shell',
}
const fullHint =
  'sshd is at its limit (MaxStartups) or bans this address, or the connection table of the host is full: try again with fewer --forks'
const cutHint: Readonly<Record<LoginStep, string>> = {
  banner: fullHint,
  kex: 'sshd or something on the way gave up: its log on the host says why',
  auth: "sshd gave up on this login: its log on the host says why (AllowUsers, LoginGraceTime, PAM's session rules)",
  shell: 'sshd ended the login: its log on the host says why',
}

/** Says why a login failed, from the step it was at and what ended it. */
export function loginFailure(
  target: Target,
  step: LoginStep,
  end: LoginEnd,
  firstBytes: FirstBytes,
  authentication: Authentication,
): HostFailure {
  const place = `${printable(target.address)} port ${target.port}`
  const reached = step === 'banner' && firstBytes.hasBanner ? 'kex' : step
  if (reached === 'banner' && firstBytes.notSsh) return notSsh(place, firstBytes)

  if (end === 'timeout') {
    const message = `${place} took the connection, but ${late[reached]} within ${target.limits.loginSeconds} s`
    return new HostFailure('timeout', 'login', message, lateHint[reached])
  }
  if (end === 'closed')
    return new HostFailure('dropped', 'login', `${place} ${cut[reached]}`, cutHint[reached])

  const { level, code } = end as { level?: unknown; code?: unknown }
  const said = printable(end.message)
  if (level === 'client-authentication') return authentication.failure()
  // Only a DISCONNECT message has a number: the server's own word for why it goes.
  const disconnected = typeof code === 'number'
  if (reached === 'auth' && disconnected) return authentication.failure(said)
  if (level === 'handshake' && /no matching/i.test(said))
    return noCommonAlgorithm(place, said, firstBytes, end)
  if (level === 'client-socket' || disconnected || /^connection lost/i.test(said))
    return new HostFailure('dropped', 'login', `${place} ${cut[reached]}: ${said}`, cutHint[reached], end)

  const hint = 'the server, or something on the way, breaks the SSH protocol: see what ssh -v says'
  return new HostFailure('protocol', 'login', `${place} breaks the SSH protocol: ${said}`, hint, end)
}

/** The host let us in, but opens no channel or runs no command for us. */
export function shellRefused(target: Target, error: Error): HostFailure {
  const message = `${target.name} let ${target.user} in, but refused to start a shell: ${printable(error.message)}`
  const hint =
    'sshd gives this user no session: see MaxSessions, ForceCommand and Match blocks in sshd_config'
  return new HostFailure('shell', 'login', message, hint, error)
}

function notSsh(place: string, firstBytes: FirstBytes): HostFailure {
  const opening = printable(firstBytes.text().slice(0, 100).trim())
  if (/MaxStartups|not allowed at this time/i.test(opening))
    return new HostFailure('dropped', 'login', `${place} ${cut.banner}: ${opening}`, fullHint)
  const hint = 'another service listens there: check the port'
  return new HostFailure('protocol', 'login', `${place} does not speak SSH; it says: ${opening}`, hint)
}

function noCommonAlgorithm(place: string, said: string, firstBytes: FirstBytes, cause: Error): HostFailure {
  const offer = readServerOffer(firstBytes.bytes())
  const list = offer === null ? null : offerOf(said, offer)
  const offered = list === null ? '' : `; the host offers ${printable(list.join(', ')) || 'none'}`
  const message = `${place} and this tool have no algorithm in common: ${said.replace(/^handshake failed: /i, '')}${offered}`
  const hint =
    'allow curve25519-sha256, an ed25519, ECDSA or RSA host key, and AES-GCM or AES-CTR in its sshd_config; post-quantum key exchange alone, host certificates alone and SHA-1 are not supported'
  return new HostFailure('no_common_algorithm', 'login', message, hint, cause)
}

function offerOf(
  said: string,
  offer: NonNullable<ReturnType<typeof readServerOffer>>,
): readonly string[] | null {
  if (/key exchange/i.test(said)) return offer.kex
  if (/host key/i.test(said)) return offer.serverHostKey
  if (/cipher/i.test(said)) return offer.cipher
  return /MAC/i.test(said) ? offer.mac : null
}
