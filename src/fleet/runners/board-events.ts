import type { ToCoordinator, ToRunner } from '../../queue/messages.ts'
import type { HostResult } from '../../report/host-result.ts'
import type { Stage } from '../../ssh/failure.ts'
import type { HostJob } from '../remedy-host.ts'
import type { Revisit } from '../revisit-host.ts'

/** What is to be done on a host: all of it, or reading it again. */
export interface Work {
  readonly job: HostJob
  readonly revisit: { readonly earlier: HostResult; readonly revisit: Revisit } | null
}

/** What the board needs of the world. */
export interface BoardEvents {
  /** The sealed job under that name. */
  readonly seal: (work: Work, id: string) => string
  /** Puts it where runners take jobs from; doing so twice under one name is doing it once. */
  readonly post: (work: Work, id: string, sealed: string) => void
  /** Takes it from there, if nobody has taken it. */
  readonly withdraw: (work: Work, id: string) => void
  readonly answer: (runner: string, message: ToRunner) => void
  /** A runner wanted to begin a job of a zone for which its key is not trusted. */
  readonly onStranger: (runner: string, zone: string) => void
  readonly onStage: (host: string, stage: Stage) => void
  /** Keeps a plan; the host is changed only when it gives true. */
  readonly onPlanned: (
    job: HostJob,
    planned: Pick<Extract<ToCoordinator, { kind: 'planned' }>, 'facts' | 'changes'>,
  ) => Promise<boolean>
}
