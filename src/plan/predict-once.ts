import type { BootPrediction } from '../kernel/boot/boot-prediction.ts'
import type { BootSystem } from '../kernel/boot/boot-system.ts'
import { predictBoot } from '../kernel/boot/predict-boot.ts'

/** Kinds of hosts remembered; a fleet has few. */
const mostKept = 200

const kept = new Map<string, BootPrediction>()

/** `predictBoot`, worked out once for hosts that are alike: playing a boot through takes a millisecond. */
export function predictOnce(system: BootSystem): BootPrediction {
  const key = JSON.stringify(system)
  const known = kept.get(key)
  if (known !== undefined) return known
  const prediction = predictBoot(system)
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, prediction)
  return prediction
}
