import { checkRemedy } from './check-remedy.ts'
import { diagnosisRemedy } from './diagnosis-remedy.ts'
import { recordedRemedy } from './recorded-remedy.ts'
import type { Remedy } from './remedy.ts'
import type { RemedySpec } from './remedy-spec.ts'
import { savedRemedy } from './saved-remedy.ts'
import { wishRemedy } from './wish-remedy.ts'

/** Makes a remedy again of what it was made of. */
export function remedyOf(spec: RemedySpec): Remedy {
  switch (spec.kind) {
    case 'wish':
      return wishRemedy(spec.wish)
    case 'saved':
      return savedRemedy(spec.saved)
    case 'check':
      return checkRemedy(spec.thresholds)
    case 'diagnose':
      return diagnosisRemedy()
    case 'recorded':
      return recordedRemedy(spec.changes, spec.moved, spec.hint, spec.dangers)
  }
}
