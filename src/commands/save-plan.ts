import { resolve } from 'node:path'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { pinWish } from '../plan/pin-wish.ts'
import type { Wish } from '../playbook/wish.ts'
import { InputError, UsageError } from '../problem.ts'
import { planPlaceFault, writePlan } from '../record/plan-file.ts'
import { type SavedPlan, savedPlanKind, savedPlanVersion } from '../record/saved-plan.ts'
import type { HostResult, RunResult } from '../report/host-result.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'

/**
 * Finds out, before any host is contacted, whether a plan can be saved there: throws UsageError where a file stands that is
 * no saved plan, InputError where a host is in several plays, of which the later ones would find what the first has
 * changed.
 */
export async function checkPlanPlace(
  path: string,
  playbook: string,
  plays: readonly PlayJobs[],
  { cwd }: Pick<RunContext, 'cwd'>,
): Promise<void> {
  const fault = await planPlaceFault(resolve(cwd, path))
  if (fault !== null) throw new UsageError(`--out ${path}: ${fault}`)
  const playOf = new Map<string, string>()
  for (const { play, jobs } of plays)
    for (const { label } of jobs) {
      const earlier = playOf.get(label.host)
      if (earlier !== undefined)
        throw new InputError([
          {
            file: playbook,
            what: `${label.host} is in the plays "${earlier}" and "${play}": a plan of both cannot be saved, since the second one goes by what the first one leaves`,
            remedy: 'make one play of them, save a plan of a playbook for each, or apply the playbook itself',
          },
        ])
      playOf.set(label.host, play)
    }
}

/** Saves what a run of `plan` has come to; throws the system's error. Gives a sentence for the operator. */
export async function savePlan(
  path: string,
  plays: readonly PlayJobs[],
  result: RunResult,
  options: RunOptions,
  { cwd, version }: Pick<RunContext, 'cwd' | 'version'>,
): Promise<string> {
  const plan: SavedPlan = {
    kind: savedPlanKind,
    version: savedPlanVersion,
    run: result.run,
    playbook: result.playbook,
    planned: result.finished,
    made_by: version,
    inventory: options.inventory,
    cwd,
    allow: options.allow,
    plays: plays.map((play) => savedPlay(play, result.hosts)),
  }
  await writePlan(resolve(cwd, path), plan)
  const hosts = plan.plays.flatMap((play) => play.hosts)
  const due = hosts.filter(({ changes }) => changes.length > 0).length
  const left = plan.plays.reduce((sum, { left_out: leftOut }) => sum + leftOut.length, 0)
  return `saved to ${path}: changes for ${due} of ${hosts.length} hosts${left === 0 ? '' : `, none for ${left} that could not be planned`}; to make them: conntrackctl apply ${path}\n`
}

function savedPlay(
  { play, become, rollout, jobs }: PlayJobs,
  results: readonly HostResult[],
): SavedPlan['plays'][number] {
  const found = new Map(
    results.filter((result) => result.play === play).map((result) => [result.host, result]),
  )
  const wishes: Wish[] = []
  const places = new Map<string, number>()
  const placeOf = (wish: Wish): number => {
    const key = JSON.stringify(wish)
    const place = places.get(key) ?? wishes.push(wish) - 1
    places.set(key, place)
    return place
  }
  const hosts: SavedPlan['plays'][number]['hosts'][number][] = []
  const leftOut: SavedPlan['plays'][number]['left_out'][number][] = []
  for (const { label, remedy } of jobs) {
    const result = found.get(label.host)
    if (result === undefined || remedy.spec.kind !== 'wish') continue
    const { status, facts, error, findings } = result
    if (facts === null || (status !== 'ok' && status !== 'pending')) {
      const why = error?.message ?? findings[0]?.message ?? ''
      leftOut.push({ host: label.host, status, why })
      continue
    }
    const changes = result.changes.map(({ state: _state, ...change }) => change)
    const wish = placeOf(pinWish(remedy.spec.wish, changes, facts.max))
    hosts.push({ host: label.host, wish, kernel: facts.kernel, changes })
  }
  return { play, become, rollout, wishes, hosts, left_out: leftOut }
}
