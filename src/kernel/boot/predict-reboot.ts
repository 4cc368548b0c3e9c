import type { BootPrediction, KeyPrediction } from './boot-prediction.ts'
import type { BootSystem } from './boot-system.ts'
import { worst } from './certainty.ts'
import { predictBoot } from './predict-boot.ts'

/**
 * `predictBoot` for a host that runs: what lies below /run stands in memory only and is gone by then.
 * Whether whoever wrote it does so again in time is not known, so where that matters, both are named.
 */
export function predictReboot(system: BootSystem): BootPrediction {
  const files = system.files.filter(({ path }) => !path.startsWith('/run/'))
  const gone = predictBoot({ ...system, files })
  if (files.length === system.files.length) return gone
  const again = predictBoot(system)
  return {
    ...gone,
    keys: new Map([...gone.keys].map(([key, left]) => [key, either(left, again.keys.get(key))])),
    moduleCertainty: gone.modulePresentAt === again.modulePresentAt ? gone.moduleCertainty : 'unknown',
    unreadable: [...new Set([...gone.unreadable, ...again.unreadable])],
  }
}

function either(gone: KeyPrediction, again: KeyPrediction | undefined): KeyPrediction {
  if (again === undefined) return gone
  const others = [again.value ?? 'absent', ...again.alternatives].filter(
    (value) => value !== (gone.value ?? 'absent') && !gone.alternatives.includes(value),
  )
  if (others.length === 0) return { ...gone, certainty: worst(gone.certainty, again.certainty) }
  const named = [...new Set(others)]
  return {
    ...gone,
    certainty: 'unknown',
    alternatives: [...gone.alternatives, ...named],
    why: `${gone.why}; or ${named.join(' or ')}, if the files below /run are written again in time`,
  }
}
