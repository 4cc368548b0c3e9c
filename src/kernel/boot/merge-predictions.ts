import type { KeyPrediction } from './boot-prediction.ts'
import type { BootWorld } from './boot-worlds.ts'
import { worst } from './certainty.ts'

/** What one way of booting leaves for a key. */
export interface Outcome {
  readonly weight: BootWorld['weight']
  readonly prediction: KeyPrediction
}

/**
 * One prediction out of those for every way the boot can go, the expected one first: where they agree it
 * stands; where a possible one differs, it is unknown which it will be.
 */
export function mergePredictions([expected, ...others]: readonly [Outcome, ...Outcome[]]): KeyPrediction {
  const { prediction } = expected
  const differing = others.filter((other) => other.prediction.value !== prediction.value)
  const possible = differing.filter(({ weight }) => weight !== 'unlikely')
  // Equal values, but one of them unsure: the doubt stays.
  const certainty = others
    .filter(({ weight }) => weight !== 'unlikely')
    .reduce((sum, other) => worst(sum, other.prediction.certainty), prediction.certainty)
  if (possible.length > 0) {
    const alternatives = [...new Set(possible.map((other) => other.prediction.value ?? 'absent'))]
    return {
      ...prediction,
      certainty: 'unknown',
      alternatives,
      why: `${prediction.why}; or ${alternatives.join(' or ')}, for what comes first at boot is not known`,
    }
  }
  return { ...prediction, certainty: differing.length > 0 ? worst(certainty, 'likely') : certainty }
}
