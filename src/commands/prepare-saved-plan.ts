import type { PlayJobs } from '../fleet/run-plays.ts'
import { unplannedOutcome } from '../fleet/not-reached.ts'
import { savedRemedy } from '../fleet/saved-remedy.ts'
import { targetsOf } from '../inventory/target.ts'
import { UsageError } from '../problem.ts'
import type { SavedPlan } from '../record/saved-plan.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { RunContext } from './context.ts'
import { hostsAgain } from './hosts-again.ts'
import type { RunOptions } from './options.ts'
import { errandsFor } from './queue-access.ts'

/**
 * Makes jobs of a saved plan: on each of its hosts the changes that were planned, in the batches of the plays. The hosts are
 * reached as the inventory says today; those of which there is no plan are told of, and not contacted.
 *
 * Throws InputError, UsageError: no host was contacted then.
 */
export async function prepareSavedPlan(
  { plays, inventory, cwd, allow }: SavedPlan,
  path: string,
  options: RunOptions,
  context: RunContext,
): Promise<readonly PlayJobs[]> {
  const names = plays.flatMap(({ hosts, left_out: leftOut }) =>
    [...hosts, ...leftOut].map(({ host }) => host),
  )
  if (names.length === 0) throw new UsageError(`${path} is the plan of no host`)
  const hosts = await hostsAgain(
    { names, who: 'the plan has', playbook: path, inventory, cwd },
    options,
    context,
  )
  const defaults = await connectionDefaults(options, context)
  const jobsOf = async ({ play, become, ...saved }: SavedPlan['plays'][number]): Promise<PlayJobs> => {
    const due = saved.hosts.filter(({ host }) => hosts.has(host))
    const ofInventory = due.flatMap(({ host }) => hosts.get(host) ?? [])
    const errands = errandsFor(ofInventory, become, options, defaults)
    const targets = await targetsOf(
      ofInventory,
      become === null ? defaults : { ...defaults, become: become ? defaults.becomeAs : null },
    )
    return {
      play,
      become,
      rollout: saved.rollout,
      jobs: due.flatMap(({ host, wish: place, kernel, changes }, index) => {
        const target = targets[index]
        const wish = saved.wishes[place]
        if (target === undefined || wish === undefined) return []
        const remedy = savedRemedy({ wish, kernel, changes, allowed: allow })
        const { confirmSeconds } = saved.rollout
        const errand = errands[index] ?? null
        return [{ label: { host, play }, target, remedy, confirmSeconds, errand }]
      }),
      leftOut: saved.left_out.flatMap(({ host, status, why }) =>
        hosts.has(host) ? [unplannedOutcome({ host, play }, status, why)] : [],
      ),
    }
  }
  return Promise.all(plays.map(jobsOf))
}
