import { exitCodes } from '../exit-codes.ts'
import { zonePattern } from '../inventory/errand.ts'
import { UsageError } from '../problem.ts'
import { printable } from '../printable.ts'
import { openRedisLink } from '../queue/redis-link.ts'
import { serveQueue } from '../runner/serve-queue.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { queueAccess } from './queue-access.ts'

/** What the command takes, as commander gives it. */
export interface WorkerOptions extends RunOptions {
  readonly zone?: string
}

/**
 * A runner: takes jobs of its zone from the queue and does them with its own keys, until it is stopped. The first
 * signal ends it when the hosts under way have ended, the second cuts them off. Throws UsageError, InputError,
 * QueueError.
 */
export async function worker(options: WorkerOptions, context: Context): Promise<number> {
  const { zone, forks, workers = 1 } = options
  if (zone === undefined || !zonePattern.test(zone))
    throw new UsageError(
      zone === undefined
        ? '--zone is missing: it says whose hosts this runner can reach, as their variable `zone` does'
        : `--zone takes letters, digits, dots and dashes, not ${JSON.stringify(zone)}`,
    )
  const { access, signer, trust } = await queueAccess(options, context)
  const defaults = await connectionDefaults(options, context)
  await using link = await openRedisLink(access)
  const { version, stopping, cut, stderr } = context
  await serveQueue({
    ...{ link, zone, version, signer, trust, defaults, forks, stopping, cut },
    threads: workers,
    log: (text) => stderr.write(`conntrackctl: ${printable(text)}\n`),
  })
  return exitCodes.as_desired.code
}
