import type { BootPrediction } from '../kernel/boot/boot-prediction.ts'
import type { BootSystem } from '../kernel/boot/boot-system.ts'
import { predictReboot } from '../kernel/boot/predict-reboot.ts'

/** Kinds of hosts remembered; a fleet has few. */
const mostKept = 200

const kept = new Map<string, BootPrediction>()

/** `predictReboot`, worked out once for hosts that are alike: playing a boot through takes a millisecond. */
export function predictOnce(system: BootSystem): BootPrediction {
  const key = JSON.stringify(system)
  const known = kept.get(key)
  if (known !== undefined) return known
  const prediction = predictReboot(system)
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, prediction)
  return prediction
}
