import { roundBuckets } from '../hashsize.ts'
import { squeeze } from '../sysctl-conf.ts'
import { tableKeys } from '../table-keys.ts'
import { findTunable } from '../tunables.ts'
import type { Certainty } from './boot-prediction.ts'
import type { BootSystem } from './boot-system.ts'
import { isAtLeast } from '../release.ts'

/** What the kernel makes of a text written to one of its files. */
export type Taken =
  | { readonly taken: true; readonly value: string; readonly certainty: Certainty; readonly why?: string }
  /** The write fails and changes nothing; `why` is a clause. */
  | { readonly taken: false; readonly why: string }

const largestInt = 2_147_483_647
/** INT_MAX / HZ for HZ=1000, and for HZ=100. */
const surelyLongest = 2_147_483
const possiblyLongest = 21_474_836

type Kernel = Pick<BootSystem, 'kernel' | 'pageBytes' | 'pointerBytes' | 'memoryTotalBytes'>

/** What `text` written to the variable `key` leaves in it. */
export function kernelTakes(key: string, text: string, system: Kernel): Taken {
  const area = findTunable(key)?.area
  if (area === undefined && key !== tableKeys.hashsize) {
    return { taken: true, value: squeeze(text), certainty: 'likely' }
  }
  const number = readNumber(text)
  if (number === null) return refused(`the kernel reads no number in ${JSON.stringify(text.slice(0, 40))}`)
  if (key === tableKeys.hashsize) return takesBuckets(number, system)
  if (key === tableKeys.max) return takesMax(number, system)
  return area === 'timeout' ? takesTimeout(number, system) : takesOption(key, number, system)
}

/**
 * The number at the start of a text, as proc_get_long reads it (kernel/sysctl.c): blanks, a minus,
 * decimal, `0x` or octal; after it only a blank may stand, and what follows that is not looked at.
 * Null is EINVAL.
 */
export function readNumber(text: string): number | null {
  const match = /^[ \t\n\v\f\r]*(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?![^ \t\n])/.exec(text)
  if (!match) return null
  const digits = match[2] ?? ''
  // Its buffer holds 21 bytes (TMPBUFLEN); more is EINVAL.
  if (digits.length > 20) return null
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return match[1] === '-' ? -value : value
}

/** nf_conntrack_hash_sysctl: writable since 4.8, rounded up as at load (nf_conntrack_standalone.c). */
function takesBuckets(number: number, { kernel, pageBytes, pointerBytes, memoryTotalBytes }: Kernel): Taken {
  if (isAtLeast(kernel, '4.8') === false) return refused('nf_conntrack_buckets is read-only before Linux 4.8')
  if (number <= 0) return refused('the kernel refuses a hash table of no buckets')
  if (number > largestInt / 8) return refused('the kernel allocates no hash table that large')
  const buckets = roundBuckets(number, pageBytes, pointerBytes)
  const isVast = memoryTotalBytes === null || buckets * pointerBytes > memoryTotalBytes / 4
  return buckets <= 1_048_576 || !isVast
    ? sure(buckets)
    : unsure(buckets, 'the memory may not suffice for so many buckets')
}

function takesMax(number: number, { kernel }: Kernel): Taken {
  if (number === 0) {
    // Commit 2b749f257645.
    return isAtLeast(kernel, '6.19') === true ? refused('Linux refuses 0 from 6.19 on') : sure(0)
  }
  if (number < 0) {
    // Bounded in 6.15, and in stable kernels since ("Bound nf_conntrack sysctl writes").
    return isAtLeast(kernel, '6.15') === true
      ? refused('the kernel refuses a negative max')
      : unsure(number, 'some kernels take a negative max, others refuse it')
  }
  if (number <= largestInt) return sure(number)
  return isAtLeast(kernel, '4.4') === true
    ? refused('the kernel takes no more than 2147483647')
    : unsure(number, 'old kernels cut larger numbers to 32 bits')
}

/** proc_dointvec_jiffies: at most INT_MAX / HZ; 0 and less are taken. */
function takesTimeout(seconds: number, { kernel }: Kernel): Taken {
  const size = Math.abs(seconds)
  if (size <= surelyLongest) return sure(seconds)
  if (isAtLeast(kernel, '4.14') === false) return unsure(seconds, 'old kernels wrap so long a time')
  return size > possiblyLongest
    ? refused('the kernel takes no time so long')
    : unsure(seconds, 'whether so long a time is taken depends on how often this kernel ticks')
}

function takesOption(key: string, number: number, { kernel }: Kernel): Taken {
  const tunable = findTunable(key)
  // 2, "when one listens", came with 5.19 (nf_conntrack_standalone.c).
  if (key.endsWith('_events') && number === 2 && isAtLeast(kernel, '5.19') === false) {
    return isAtLeast(kernel, '5.15') === true
      ? refused('the kernel takes 0 and 1')
      : unsure(number, 'only newer kernels know 2')
  }
  if (!tunable || (number >= tunable.minimum && number <= tunable.maximum)) {
    // The two thresholds bound each other (ip6_frag, nf_conntrack_reasm.c).
    return tunable?.unit === 'bytes'
      ? { taken: true, value: String(number), certainty: 'likely' }
      : sure(number)
  }
  // Bytes with a range from 5.15 on, plain integers in older kernels.
  return isAtLeast(kernel, '5.15') === true && tunable.unit !== 'bytes' && !key.endsWith('_expect_max')
    ? refused(`the kernel takes ${tunable.minimum} to ${tunable.maximum}`)
    : unsure(number, `only some kernels take a value outside ${tunable.minimum} to ${tunable.maximum}`)
}

function sure(value: number): Taken {
  return { taken: true, value: String(value), certainty: 'certain' }
}

function unsure(value: number, why: string): Taken {
  return { taken: true, value: String(value), certainty: 'unknown', why }
}

function refused(why: string): Taken {
  return { taken: false, why }
}
