import { tunables } from '../tunables.ts'
import type { BootPrediction, KeyPrediction } from './boot-prediction.ts'
import type { BootSystem } from './boot-system.ts'
import { bootWorlds } from './boot-worlds.ts'
import { worst } from './certainty.ts'
import { mergePredictions, type Outcome } from './merge-predictions.ts'
import { moduleArrival } from './module-arrival.ts'
import { replay } from './replay.ts'
import { isBusyboxSysctl } from './sysctl-passes.ts'
import { variablesOf } from './variables.ts'

/**
 * What a reboot would leave for max, hashsize and the keys asked for, and which line of which file
 * decides it. The boot is played through in every order that it may have.
 */
export function predictBoot(system: BootSystem): BootPrediction {
  // A value that the kernel refuses ends busybox's reading of a file, whichever key it is for.
  const followed = isBusyboxSysctl(system) ? tunables.map(({ key }) => key) : []
  const asked = new Set(variablesOf(system).map(({ key }) => key))
  const variables = variablesOf({ ...system, keys: [...system.keys, ...followed] })
  const arrival = moduleArrival(system)
  const worlds = bootWorlds(system, arrival).map(({ weight, events }) => ({
    weight,
    keys: replay(system, variables, events),
  }))
  const keys = new Map<string, KeyPrediction>()
  for (const { key, modules, paths } of variables) {
    const outcomes = worlds.flatMap(({ weight, keys: left }): readonly Outcome[] => {
      const prediction = left.get(key)
      return prediction ? [{ weight, prediction }] : []
    })
    const [first, ...others] = outcomes
    if (!first || !asked.has(key)) continue
    const merged = mergePredictions([first, ...others])
    // A key that is not there for want of its module: what is known of the module holds for it.
    const hasName = modules.length > 0 && paths.length > 0
    const isAbsent = merged.from === 'absent' && hasName && merged.alternatives.length === 0
    keys.set(
      key,
      isAbsent
        ? { ...merged, certainty: worst(merged.certainty, arrival.certainty), why: arrival.why }
        : merged,
    )
  }
  return {
    keys,
    modulePresentAt: arrival.presentAt,
    moduleCertainty: arrival.certainty,
    moduleWhy: arrival.why,
    unreadable: [
      ...new Set([
        ...arrival.unreadable,
        ...system.files.filter(({ kind }) => kind === 'unreadable').map(({ path }) => path),
      ]),
    ],
  }
}
