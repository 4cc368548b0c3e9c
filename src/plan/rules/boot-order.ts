import type { KeyPrediction, Loser } from '../../kernel/boot/boot-prediction.ts'
import { isOurFile } from '../../kernel/our-files.ts'
import { systemAtBoot } from '../system-at-boot.ts'
import type { Finding } from '../change.ts'
import type { Rule } from '../rule.ts'
import { predictOnce } from '../predict-once.ts'
import { overridesOf } from '../overrides.ts'
import { isAsWished, wishedAtBoot } from '../wished-at-boot.ts'

/**
 * Plays the next boot through with our files in place, and says where it would leave something else
 * than was wished, which line decides that, and which other lines mean to.
 */
export const bootOrder: Rule = (wish, facts) => {
  if (!wish.persist) return {}
  const prediction = predictOnce(systemAtBoot(wish, facts, overridesOf(wish, facts).edits))
  const wished = wishedAtBoot(wish, facts)
  return {
    findings: [
      ...[...wished].flatMap(([key, value]) => {
        const left = prediction.keys.get(key)
        if (left === undefined) return []
        if (left.value !== null && isAsWished(key, left.value, value, facts) && left.certainty !== 'unknown')
          return left.losers.filter((loser) => isForeign(loser, value)).map((loser) => outranked(loser))
        return [
          left.certainty === 'unknown'
            ? notKnown(key, left)
            : otherAtBoot(key, value, left, wish.conflicts === 'report'),
        ]
      }),
      ...prediction.unreadable.slice(0, 5).map(unreadable),
    ],
  }
}

function isForeign({ file, value }: Loser, wished: string): boolean {
  return !isOurFile(file) && value !== wished
}

function outranked({ file, line, key, value, reason }: Loser): Finding {
  return {
    code: 'other-assignment',
    severity: 'info',
    message: `${file}:${line} sets ${key} to ${value}, but does not have the last word: ${reason}`,
    hint: 'Remove that line to have one place only; a `sysctl --system` by hand may give it the last word.',
  }
}

function otherAtBoot(
  key: string,
  value: string,
  { value: left, decidedBy, why }: KeyPrediction,
  mayOverride: boolean,
): Finding {
  const place = decidedBy === null ? '' : ` by ${decidedBy.file}:${decidedBy.line}`
  return {
    code: 'overridden-at-boot',
    severity: 'error',
    message: `after a reboot ${key} would be ${left ?? 'what the kernel chooses'}${place}, not ${value}: ${why}`,
    hint:
      decidedBy === null || isOurFile(decidedBy.file)
        ? 'Verify again after the next reboot.'
        : `Remove that line from ${decidedBy.file},${mayOverride ? ' set `conflicts: override`,' : ''} or wish the same value.`,
  }
}

function notKnown(key: string, { why }: KeyPrediction): Finding {
  return {
    code: 'boot-not-known',
    severity: 'warning',
    message: `what a reboot leaves of ${key} is not known: ${why}`,
    hint: 'Verify again after its next reboot.',
  }
}

function unreadable(file: string): Finding {
  return {
    code: 'boot-file-unreadable',
    severity: 'warning',
    message: `${file} could not be read: what it sets at boot is not known`,
    hint: 'Read it as root and see whether it assigns one of these keys.',
  }
}
