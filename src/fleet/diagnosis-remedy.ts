import { diagnose } from '../diagnose/diagnosis.ts'
import { diagnosisReading } from '../host/reading.ts'
import type { Remedy } from './remedy.ts'

/** Wishes nothing of a host, and tells what fills its table. */
export function diagnosisRemedy(): Remedy {
  return {
    spec: { kind: 'diagnose' },
    reading: () => diagnosisReading,
    plannerFor: () => ({
      plan: (facts) => {
        const { findings } = diagnose(facts)
        const isBarred = findings.some(({ code }) => code === 'entries-unreadable')
        // Without root another login would help; without the tool only the host's owner can.
        const verdict = isBarred
          ? facts.picture?.source === 'missing'
            ? 'unsupported'
            : 'needs_root'
          : 'possible'
        return { changes: [], findings, verdict }
      },
      tell: (facts) => {
        const { diagnosis } = diagnose(facts)
        return diagnosis === null ? {} : { diagnosis }
      },
    }),
    needsPeakCount: false,
  }
}
