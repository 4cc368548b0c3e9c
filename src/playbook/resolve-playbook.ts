import type { Host } from '../inventory/inventory.ts'
import { fillTemplate, isTemplate } from '../inventory/template.ts'
import { InputError, type Problem } from '../problem.ts'
import { findConflicts } from './find-conflicts.ts'
import { FoldedProblems } from './fold-problems.ts'
import type { Play, Playbook } from './play.ts'
import { inFileOrder } from './problem-order.ts'
import { readHosts } from './read-play-keys.ts'
import { mistakeText } from './reading.ts'
import type { ResolvedPlay } from './resolved-play.ts'
import { isOpen, wishFor } from './wish-for.ts'
import { showText } from '../show-value.ts'
import type { Place } from '../yaml/place-finder.ts'

/** The hosts that a pattern means; throws InputError, with `place`, for a pattern that cannot be understood. */
export type HostsOf = (pattern: string, place: Place) => readonly Host[]

/**
 * Fills a playbook with hosts and their variables; `extraVars` beat those of the inventory. Throws one
 * InputError with the problems of all plays and hosts, among them plays that fight over a host's value.
 */
export function resolvePlaybook(
  playbook: Playbook,
  hostsOf: HostsOf,
  extraVars: Readonly<Record<string, unknown>>,
): readonly ResolvedPlay[] {
  const problems: Problem[] = []
  const ofHosts = new FoldedProblems()
  const plays = playbook.plays.map((play) => {
    const hosts = collect(problems, () => hostsOf(hostPattern(play, extraVars), play.hosts.place)) ?? []
    return { play, resolved: resolvePlay(play, hosts, extraVars, ofHosts) }
  })
  findConflicts(plays, ofHosts)
  const found = [...problems, ...ofHosts.list()]
  if (found.length > 0) throw new InputError(inFileOrder(found))
  return plays.map(({ resolved }) => resolved)
}

function resolvePlay(
  play: Play,
  hosts: readonly Host[],
  extraVars: Readonly<Record<string, unknown>>,
  problems: FoldedProblems,
): ResolvedPlay {
  const { name, become, rollout } = play
  const [first] = hosts
  if (first !== undefined && !isOpen(play)) {
    const wish = wishFor(play, {})
    return { name, become, rollout, hosts: hosts.map((host) => ({ host, wish })) }
  }
  const resolved = hosts.flatMap((host) => {
    const ofHost: Problem[] = []
    const vars = { ...host.vars, inventory_hostname: host.name, group_names: host.groups, ...extraVars }
    const wish = collect(ofHost, () => wishFor(play, vars, host))
    for (const problem of ofHost) problems.add(problem, host.name)
    return wish === undefined ? [] : [{ host, wish }]
  })
  return { name, become, rollout, hosts: resolved }
}

function hostPattern(
  { hosts: { pattern, place } }: Play,
  extraVars: Readonly<Record<string, unknown>>,
): string {
  if (!isTemplate(pattern)) return pattern
  const filled = fillTemplate(pattern, { vars: extraVars })
  const remedy = 'give it with --extra-vars: hosts are chosen before any host has variables'
  if (!filled.ok) throw new InputError([{ ...place, what: `hosts: ${filled.why}`, remedy }])
  const reading = readHosts(filled.value)
  if (reading.ok) return reading.value
  throw new InputError(
    reading.mistakes.map((mistake) => ({
      ...place,
      what: `hosts: ${mistakeText(mistake)}, from ${showText(pattern)}`,
      remedy: mistake.remedy,
    })),
  )
}

/** What `work` gives; undefined, with its problems added, where it throws InputError. */
function collect<T>(problems: Problem[], work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    problems.push(...error.problems)
    return undefined
  }
}
