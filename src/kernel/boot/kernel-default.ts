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

/** Defaults that were others before `before`; read in the trees of the kernel. The first that fits. */
const earlier: Readonly<Record<string, readonly { readonly before: string; readonly value: number }[]>> = {
  // nf_conntrack_proto_udp.c: changed between 4.19 and 5.0.
  'net.netfilter.nf_conntrack_udp_timeout_stream': [{ before: '5.0', value: 180 }],
  // nf_conntrack_proto_sctp.c: 432000 up to 5.10.46, 210 in 5.10.223 and 5.15.100.
  'net.netfilter.nf_conntrack_sctp_timeout_established': [{ before: '5.10.100', value: 432_000 }],
  // 0.3 s reads back as 0.
  'net.netfilter.nf_conntrack_sctp_timeout_shutdown_sent': [{ before: '4.19.304', value: 0 }],
  'net.netfilter.nf_conntrack_sctp_timeout_shutdown_recd': [{ before: '4.19.304', value: 0 }],
  // nf_conntrack_ecache.c: 2 from 5.19 on.
  'net.netfilter.nf_conntrack_events': [{ before: '5.19', value: 1 }],
  // nf_conntrack_helper.c: 1 from 3.5 to 4.6.
  'net.netfilter.nf_conntrack_helper': [{ before: '4.7', value: 1 }],
}

/** ip_conntrack_proto_tcp.c had another notion of it. */
const ipFamily: Readonly<Record<string, number>> = { 'net.netfilter.nf_conntrack_tcp_loose': 3 }

/** The value a conntrack key has before anybody writes it; null when that is not known. */
export function kernelDefault(key: string, sizes: LoadedSizes | null, system: Kernel): string | null {
  if (key === tableKeys.hashsize) return sizes && String(sizes.buckets)
  if (key === tableKeys.max) return sizes && String(sizes.max)
  if (key === 'net.netfilter.nf_conntrack_expect_max') {
    // nf_conntrack_expect.c: 4 * (buckets / 256), from the buckets at load.
    return sizes && String(4 * Math.max(1, Math.floor(sizes.buckets / 256)))
  }
  const old = earlier[key]?.find(({ before }) => isAtLeast(system.kernel, before) === false)?.value
  const value = (system.family === 'ip' ? ipFamily[key] : undefined) ?? old ?? findTunable(key)?.default
  return value === undefined ? null : String(value)
}
