import { recordedRemedy } from '../fleet/recorded-remedy.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { targetsOf } from '../inventory/target.ts'
import { undo } from '../plan/undo.ts'
import { allAtOnce } from '../playbook/rollout.ts'
import { UsageError } from '../problem.ts'
import type { RecordedRun } from '../record/read-record.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { Context } from './context.ts'
import { hostsAgain } from './hosts-again.ts'
import type { RunOptions } from './options.ts'
import { errandsFor } from './queue-access.ts'

/**
 * Makes jobs of a run's record: on each host that it changed, or may have changed, what puts back what it found. The
 * plays come in reverse, in the batches in which they were done. The hosts are reached as the inventory says today.
 *
 * Throws InputError, UsageError: no host was contacted then.
 */
export async function prepareRollback(
  { start, result }: RecordedRun,
  options: RunOptions,
  context: Context,
): Promise<readonly PlayJobs[]> {
  const hint = options.allow.includes('changed-since')
    ? ''
    : 'Somebody has changed it after that run. Look at it; `--allow changed-since` puts it back all the same.'
  const changed = result.hosts.flatMap((host) => {
    const changes = undo(host.changes, host.status === 'unknown', start.run)
    return changes.length === 0 ? [] : [{ host, changes }]
  })
  if (changed.length === 0)
    throw new UsageError(`run ${start.run} changed nothing, so there is nothing to put back`)
  const names = [...new Set(changed.map(({ host }) => host.host))]
  const known = { names, who: `run ${start.run} changed`, playbook: start.playbook, cwd: '.' }
  const hosts = await hostsAgain({ ...known, ...start }, options, context)

  const defaults = await connectionDefaults(options, context)
  const moved = options.allow.includes('changed-since') ? 'overwrite' : 'refuse'
  const plays = [...new Set(result.hosts.map(({ play }) => play))].toReversed()
  const jobsOf = async (play: string): Promise<readonly PlayJobs[]> => {
    const ofPlay = changed.filter(({ host }) => host.play === play && hosts.has(host.host))
    if (ofPlay.length === 0) return []
    const planned = start.plays?.find((one) => one.play === play)
    const become = planned?.become ?? null
    const ofInventory = ofPlay.flatMap(({ host }) => hosts.get(host.host) ?? [])
    const errands = errandsFor(ofInventory, become, options, defaults)
    const targets = await targetsOf(
      ofInventory,
      become === null ? defaults : { ...defaults, become: become ? defaults.becomeAs : null },
    )
    const jobs = ofPlay.flatMap(({ host, changes }, index) => {
      const target = targets[index]
      // What could cut us off on the way there can on the way back.
      const remedy = recordedRemedy(changes, moved, hint, host.confirmation?.reasons ?? [])
      const confirmSeconds = host.confirmation?.within_seconds ?? null
      return target === undefined
        ? []
        : [
            {
              label: { host: host.host, play },
              target,
              remedy,
              confirmSeconds,
              errand: errands[index] ?? null,
            },
          ]
    })
    return [
      {
        play,
        become,
        rollout: { ...(planned?.rollout ?? allAtOnce), holdSeconds: 0, settleSeconds: 0 },
        jobs,
      },
    ]
  }
  return (await Promise.all(plays.map(jobsOf))).flat()
}
