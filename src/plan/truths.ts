import type { HostFacts } from '../host/facts.ts'
import type { BootPrediction } from '../kernel/boot/boot-prediction.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { bootSystemWith } from './boot-system.ts'
import { predictOnce } from './predict-once.ts'
import type { SizedWish } from './size-wish.ts'
import { type EarlierFacts, headroomPercent, lossesSince } from './symptoms.ts'
import { placeOf } from './targets.ts'
import { isAsWished, wishedAtBoot } from './wished-at-boot.ts'

/** What `verify` tells of a host, whatever else is wrong with it. */
export interface Truths {
  /** What the kernel holds now. */
  readonly live: readonly KeyTruth[]
  /** What the host as it stands would hold after a reboot, and which line decides it. */
  readonly boot: readonly BootTruth[]
  readonly module: {
    readonly now: HostFacts['module']
    /** Seen from the moment at which the sysctls are set. */
    readonly at_boot: BootPrediction['modulePresentAt'] | 'not_known'
    /** Who brings it, or why nobody does. */
    readonly why: string
  }
  /** Buckets: what was asked for, and what the kernel made of it. */
  readonly hashsize: { readonly wished: number | null; readonly live: number | null }
  readonly symptoms: {
    /** The id of an earlier run of the same boot, or `boot`. */
    readonly since: string
    /** By column of /proc/net/stat; null where the kernel does not count it. */
    readonly drop: number | null
    readonly early_drop: number | null
    readonly insert_failed: number | null
    /** Connections dropped because their chain was too long. */
    readonly chainlength: number | null
    /** What of max is free; null without a table or a max. */
    readonly headroom_percent: number | null
  }
}

export interface KeyTruth {
  readonly key: string
  readonly wished: string
  /** Null: not there, or not known. */
  readonly value: string | null
  readonly as_wished: boolean
}

export interface BootTruth extends KeyTruth {
  /** `/etc/sysctl.d/zz-conntrackctl.conf:2`; null where no line decides it. */
  readonly decided_by: string | null
  /** False: more than one outcome is possible. */
  readonly known: boolean
}

/** Compares a host with a wish, once as it is and once as it would be after a reboot, without any change of ours. */
export function truthsOf(wish: SizedWish, facts: HostFacts, earlier: EarlierFacts | null): Truths {
  const prediction = predictOnce(bootSystemWith(wish, facts, []))
  const wished = [...wishedAtBoot(wish, facts)]
  return {
    live: wished.map(([key, value]) => liveTruth(key, value, facts)),
    boot: wished.map(([key, value]) => bootTruth(key, value, prediction, facts)),
    module: {
      now: facts.module,
      at_boot: prediction.moduleCertainty === 'unknown' ? 'not_known' : prediction.modulePresentAt,
      why: prediction.moduleWhy,
    },
    hashsize: { wished: wish.buckets ?? null, live: facts.hashsize },
    symptoms: { ...lossesSince(facts, earlier), headroom_percent: headroomPercent(facts) },
  }
}

function liveTruth(key: string, wished: string, facts: HostFacts): KeyTruth {
  const place = key === tableKeys.hashsize ? null : placeOf(facts, key)
  const hashsize = facts.hashsize === null ? null : String(facts.hashsize)
  const value = place === null ? hashsize : place.state === 'present' ? place.value : null
  return { key, wished, value, as_wished: value !== null && isAsWished(key, value, wished, facts) }
}

function bootTruth(key: string, wished: string, { keys }: BootPrediction, facts: HostFacts): BootTruth {
  const left = keys.get(key)
  const value = left?.value ?? null
  const known = left !== undefined && left.certainty !== 'unknown'
  const decider = left?.decidedBy ?? null
  return {
    key,
    wished,
    value,
    as_wished: known && value !== null && isAsWished(key, value, wished, facts),
    decided_by: decider === null ? null : `${decider.file}:${decider.line}`,
    known,
  }
}
