import { printable } from '../printable.ts'
import { QueueError } from '../problem.ts'
import { maskSecrets } from '../ssh/secret.ts'
import type { QueueAccess } from './redis-link.ts'

interface Known {
  readonly pattern: RegExp
  readonly fact: string
  readonly remedy: string
  /** Where the address is one with TLS. */
  readonly tlsRemedy?: string
}

/** Words of Redis, Node.js and OpenSSL, and what they come to. */
const known: readonly Known[] = [
  {
    pattern: /ECONNREFUSED|ENOENT/,
    fact: 'nobody answers there',
    remedy: 'start redis-server, or correct --queue',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN/,
    fact: 'its name cannot be resolved',
    remedy: 'correct the name in --queue, or the resolver of this machine',
  },
  {
    pattern: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    fact: 'it does not answer',
    remedy:
      'let this machine through to it (firewall, VPN), or correct --queue: rediss:// is for ports that have TLS',
  },
  {
    pattern: /EACCES/,
    fact: 'its socket may not be opened',
    remedy: 'join the group that may, such as redis',
  },
  {
    pattern: /WRONGPASS|invalid password|invalid username-password/i,
    fact: 'it does not take the password',
    remedy: 'correct --queue-password-file or CONNTRACKCTL_QUEUE_PASSWORD, and the user in --queue',
  },
  {
    pattern: /NOAUTH|Authentication required/i,
    fact: 'it wants a password',
    remedy: 'give it with --queue-password-file, or in CONNTRACKCTL_QUEUE_PASSWORD',
  },
  {
    pattern: /NOPERM|no permissions/i,
    fact: 'this user may not do there what it takes',
    remedy: 'give it the rights that docs/runners.md lists',
  },
  {
    pattern: /OOM command not allowed/,
    fact: 'its memory is full (maxmemory), so nothing can be written',
    remedy: 'raise maxmemory, or remove what others keep there',
  },
  {
    pattern: /READONLY/,
    fact: 'it is a replica that cannot be written to',
    remedy: 'name the primary in --queue',
  },
  {
    pattern: /MISCONF/,
    fact: 'it cannot save to its disk, and takes no writes',
    remedy: 'make room on its disk',
  },
  { pattern: /LOADING/, fact: 'it is still reading its data', remedy: 'try again when it has' },
  {
    pattern: /self[- ]signed|UNABLE_TO_VERIFY|unable to (?:verify|get)|DEPTH_ZERO/i,
    fact: 'its certificate is of nobody that is trusted here',
    remedy: 'name the certificate of its authority with --queue-ca',
  },
  {
    pattern: /ERR_TLS_CERT_ALTNAME|altnames/i,
    fact: 'its certificate is for another name',
    remedy: 'name it in --queue as its certificate does',
  },
  {
    pattern: /CERT_HAS_EXPIRED|certificate has expired|CERT_NOT_YET_VALID/i,
    fact: 'its certificate is not valid today',
    remedy: 'renew it, or set the clock of this machine',
  },
  {
    pattern: /alert certificate required|CERTIFICATE_REQUIRED|alert number 116/i,
    fact: 'it wants a certificate of whoever connects',
    remedy: 'give it with --queue-cert and --queue-key, or set tls-auth-clients no there',
  },
  {
    pattern: /alert (?:unknown ca|bad certificate|certificate unknown)|alert number (?:42|46|48)\b/i,
    fact: 'it does not take the certificate of --queue-cert',
    remedy: 'give one of an authority in its tls-ca-cert-file',
  },
  {
    pattern: /key values mismatch|no start line|PEM routines|bad decrypt|DECODER routines|bad base64/i,
    fact: 'a file for TLS is not what it should be',
    remedy:
      'see that --queue-ca, --queue-cert and --queue-key are PEM, that the last two belong together, and that the key is not encrypted',
  },
  {
    pattern: /wrong version number|packet length too long|EPROTO|SSL routines/i,
    fact: 'it does not speak TLS as is asked for',
    remedy: 'use redis:// for a plain port, or the port that has TLS',
  },
  {
    pattern: /ECONNRESET|Connection is closed|Protocol error|socket hang up|EPIPE/i,
    fact: 'it closed the connection',
    remedy: 'use rediss:// where that port has TLS; else its log says why',
    // With TLS 1.3 it does so after the handshake, and what it had to say may be lost on the way.
    tlsRemedy:
      'where it wants a certificate of its clients, give --queue-cert and --queue-key; else its log says why',
  },
]

/** What a client of Redis threw, as one fact with a remedy. */
export function redisTrouble(error: unknown, { address }: Pick<QueueAccess, 'address'>): QueueError {
  if (error instanceof QueueError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words = `${code} ${message}`
  const found = known.find(({ pattern }) => pattern.test(words))
  const isTls = address.kind === 'tcp' && address.isTls
  const remedy = (isTls ? found?.tlsRemedy : undefined) ?? found?.remedy
  const said = printable(maskSecrets(message)).slice(0, 200)
  const text =
    found === undefined
      ? `the queue ${address.text} cannot be used: ${said}`
      : `the queue ${address.text} cannot be used: ${found.fact} (${said}); ${remedy}`
  return new QueueError(text, { cause: error })
}
