import type { HostResult } from '../report/host-result.ts'
import type { HostJob, Manner } from './remedy-host.ts'
import { remedyHost } from './remedy-host.ts'
import { type Revisit, revisitHost } from './revisit-host.ts'

/** Who does the work on one host after the other is decided upon. A failed host is a value: nothing here throws. */
export interface HostExecutor extends AsyncDisposable {
  readonly remedy: (job: HostJob) => Promise<HostResult>
  /** Reads a host again that has been brought to its wish. */
  readonly revisit: (job: HostJob, earlier: HostResult, revisit: Revisit) => Promise<HostResult>
  /** Ends what was handed over and nobody has begun yet, where there can be such. */
  readonly withdraw?: (resultOf: (job: HostJob) => HostResult) => void
}

/** Does it all in this thread. */
export function inThisThread(manner: Manner): HostExecutor {
  return {
    remedy: (job) => remedyHost(job, manner),
    revisit: (job, earlier, revisit) => revisitHost(job, earlier, manner, revisit),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
