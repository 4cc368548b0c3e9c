import { recordedRemedy } from '../fleet/recorded-remedy.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import type { Host } from '../inventory/inventory.ts'
import { limitHosts, readLimit } from '../inventory/limit.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { hostsInShard } from '../inventory/shard.ts'
import { targetsOf } from '../inventory/target.ts'
import { undo } from '../plan/undo.ts'
import { allAtOnce } from '../playbook/rollout.ts'
import { InputError, UsageError } from '../problem.ts'
import type { RecordedRun } from '../record/read-record.ts'
import type { HostResult } from '../report/host-result.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { vaultOf } from './vault-of.ts'

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
  const hosts = await hostsOf(
    changed.map(({ host }) => host),
    start,
    options,
    context,
  )

  const defaults = await connectionDefaults(options, context)
  const moved = options.allow.includes('changed-since') ? 'overwrite' : 'refuse'
  const plays = [...new Set(result.hosts.map(({ play }) => play))].toReversed()
  const jobsOf = async (play: string): Promise<readonly PlayJobs[]> => {
    const ofPlay = changed.filter(({ host }) => host.play === play && hosts.has(host.host))
    if (ofPlay.length === 0) return []
    const known = start.plays?.find((one) => one.play === play)
    const become = known?.become ?? null
    const targets = await targetsOf(
      ofPlay.flatMap(({ host }) => hosts.get(host.host) ?? []),
      become === null ? defaults : { ...defaults, become: become ? defaults.becomeAs : null },
    )
    const jobs = ofPlay.flatMap(({ host, changes }, index) => {
      const target = targets[index]
      // What could cut us off on the way there can on the way back.
      const remedy = recordedRemedy(changes, moved, hint, host.confirmation?.reasons ?? [])
      const confirmSeconds = host.confirmation?.within_seconds ?? null
      return target === undefined
        ? []
        : [{ label: { host: host.host, play }, target, remedy, confirmSeconds }]
    })
    return [
      { play, become, rollout: { ...(known?.rollout ?? allAtOnce), holdSeconds: 0, settleSeconds: 0 }, jobs },
    ]
  }
  return (await Promise.all(plays.map(jobsOf))).flat()
}

/** The recorded hosts that are asked for, as the inventory has them now. */
async function hostsOf(
  recorded: readonly HostResult[],
  { run, inventory: sources, cwd = '.' }: RecordedRun['start'],
  options: RunOptions,
  context: Context,
): Promise<ReadonlyMap<string, Host>> {
  const isGiven = options.inventory.length > 0
  const vault = await vaultOf(options, context)
  const at = { cwd: isGiven ? context.cwd : cwd, playbookFolder: context.cwd, env: context.env, vault }
  const inventory = withExtraVars(
    await loadInventory(isGiven ? options.inventory : sources, at),
    await readExtraVars(options.extraVars, { cwd: context.cwd, vault }),
  )
  const names = [...new Set(recorded.map(({ host }) => host))]
  const limit = options.limit === undefined ? null : await readLimit(options.limit, at)
  const known = names.flatMap((name) => inventory.hosts.get(name) ?? [])
  const limited = limit === null ? known : limitHosts(known, inventory, limit)
  const wanted = options.shard === undefined ? limited : hostsInShard(limited, options.shard)
  const missing = names.filter((name) => !inventory.hosts.has(name))
  if (missing.length > 0 && limit === null)
    throw new InputError([
      {
        file: '--inventory',
        what: `run ${run} changed ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}, which the inventory does not have any longer`,
        remedy: 'give an inventory that has them with -i, or leave them out with --limit',
      },
    ])
  if (wanted.length === 0 && options.shard === undefined)
    throw new UsageError(`no host that run ${run} changed is within --limit ${options.limit}`)
  return new Map(wanted.map((host) => [host.name, host]))
}
