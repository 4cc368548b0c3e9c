import { defaultIn } from '../default-in.ts'
import { roundBuckets } from '../hashsize.ts'
import { tableKeys } from '../table-keys.ts'
import { findTunable } from '../tunables.ts'
import type { BootSystem } from './boot-system.ts'
import { isAtLeast } from '../release.ts'

/** Sizes of a table as the module makes it when it is loaded. */
export interface LoadedSizes {
  readonly buckets: number
  readonly max: number
}

const gibibyte = 1_073_741_824

type Kernel = Pick<BootSystem, 'kernel' | 'family' | 'pageBytes' | 'pointerBytes' | 'memoryTotalBytes'>

/**
 * How the kernel sizes its table when nobody says (nf_conntrack_core.c nf_conntrack_init_start;
 * ip_conntrack_core.c): by memory up to 1 GiB, in steps beyond. The first row whose `since` fits.
 */
const formulas = [
  {
    since: '5.15',
    smallest: 1024,
    steps: [
      { above: 4, buckets: 262_144 },
      { above: 1, buckets: 65_536 },
    ],
    factor: 1,
  },
  {
    since: '4.4',
    smallest: 32,
    steps: [
      { above: 4, buckets: 65_536 },
      { above: 1, buckets: 16_384 },
    ],
    factor: 4,
  },
  { since: '2.6.24', smallest: 32, steps: [{ above: 1, buckets: 16_384 }], factor: 4 },
  { since: '0', smallest: 16, steps: [{ above: 1, buckets: 8192 }], factor: 8 },
] as const

/** From 2.6.18 to 6.19: `hashsize=` at load gives a max of eight times the buckets. */
const factorWithHashsize = 8

/** The sizes after loading, with `hashsize=` as given or null; null when memory is not known. */
export function sizesAtLoad(hashsize: number | null, system: Kernel): LoadedSizes | null {
  const round = (buckets: number): number =>
    isAtLeast(system.kernel, '2.6.24') === false
      ? buckets
      : roundBuckets(buckets, system.pageBytes, system.pointerBytes)
  if (hashsize !== null && hashsize > 0) {
    const buckets = round(hashsize)
    return { buckets, max: buckets * factorWithHashsize }
  }
  if (system.memoryTotalBytes === null) return null
  const formula = formulas.find(({ since }) => isAtLeast(system.kernel, since) !== false) ?? formulas[0]
  const memory = system.memoryTotalBytes
  // The step at 4 GiB is for 64-bit kernels only.
  const step = formula.steps.find(
    ({ above }) => memory > above * gibibyte && (above < 4 || system.pointerBytes === 8),
  )
  const chainBytes = system.pointerBytes * (isAtLeast(system.kernel, '2.6.24') === false ? 2 : 1)
  const buckets = round(Math.max(formula.smallest, step?.buckets ?? Math.floor(memory / 16_384 / chainBytes)))
  return { buckets, max: buckets * formula.factor }
}

/** The value a conntrack key has before anybody writes it; null when that is not known. */
export function kernelDefault(key: string, sizes: LoadedSizes | null, system: Kernel): string | null {
  if (key === tableKeys.hashsize) return sizes && String(sizes.buckets)
  if (key === tableKeys.max) return sizes && String(sizes.max)
  if (key === 'net.netfilter.nf_conntrack_expect_max') {
    // nf_conntrack_expect.c: 4 * (buckets / 256), from the buckets at load.
    return sizes && String(4 * Math.max(1, Math.floor(sizes.buckets / 256)))
  }
  const tunable = findTunable(key)
  const value = tunable && defaultIn(system.kernel, tunable)
  return value === undefined ? null : String(value)
}
