import { maskSecrets } from './secret.ts'

/** How far a host had got. Everything up to `login` counts as unreachable, the rest as failed. */
export type Stage = 'connect' | 'login' | 'become' | 'read' | 'apply' | 'verify'

/** What went wrong, one word each; docs/errors.md has a line and a remedy for every one. */
export const failureKinds = [
  'dns',
  'refused',
  'no_route',
  'timeout',
  'bastion',
  'proxy_command',
  'host_key_unknown',
  'host_key_changed',
  'host_key_revoked',
  'host_key_unreadable',
  'no_common_algorithm',
  'protocol',
  'key_file',
  'agent',
  'auth',
  'password_expired',
  'prompt',
  'become',
  'become_password',
  'dropped',
  'cancelled',
  'shell',
  'flood',
  'command',
  'disk_full',
  'read_only',
  'refused_by_kernel',
  'moved',
  'locked',
  'not_confirmed',
  'not_verified',
  'still_dropping',
  'not_recorded',
  'settings',
  'runner',
  'queue',
] as const

export type FailureKind = (typeof failureKinds)[number]

/** Why a host did not end as wished: a value from here on, thrown only between `ssh/` and its caller. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure'
  readonly kind: FailureKind
  readonly stage: Stage
  /** What the operator can do, in a sentence. */
  readonly hint: string

  constructor(kind: FailureKind, stage: Stage, message: string, hint: string, cause?: unknown) {
    super(maskSecrets(message), { cause })
    this.kind = kind
    this.stage = stage
    this.hint = maskSecrets(hint)
  }
}

/** The failure of a host that was given up because the whole run was. */
export function cancelled(name: string, stage: Stage): HostFailure {
  return new HostFailure('cancelled', stage, `${name} was cancelled`, 'run again to finish the job')
}
