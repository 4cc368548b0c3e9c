import type { HostFacts } from '../host/facts.ts'
import { capsChains } from '../kernel/chains.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import type { Finding } from '../plan/change.ts'
import { otherWriters } from '../plan/rules/other-writers.ts'
import type { SizedWish } from '../plan/size-wish.ts'
import { isForeignTable } from '../plan/targets.ts'
import { truthsOf } from '../plan/truths.ts'
import { roughTime } from './rough-time.ts'
import type { Usage } from './usage.ts'

/** From this timeout on, idle connections are kept for longer than anybody misses them. */
const longTimeoutSeconds = 86_400

/** Of the sampled entries, how many idle ones are many. */
const manyIdle = 0.2

/** Entries a bucket, when full, from which lookups get long, and from 5.15 on connections are lost. */
const longChains = { uncapped: 8, capped: 4 }

/** What may yet go wrong on a host, whether or not its table is full now. */
export function usageFindings(facts: HostFacts, usage: Usage): readonly Finding[] {
  return [
    ...noLimit(facts),
    ...idle(usage),
    ...chains(facts, usage),
    ...evidence(facts, usage),
    ...crowded(usage),
    ...atBoot(facts),
  ]
}

function noLimit({ max }: HostFacts): readonly Finding[] {
  if (max !== 0) return []
  return [
    {
      code: 'no-limit',
      severity: 'warning',
      message: 'max is 0: the table has no limit but the memory of the host',
      hint: 'Give it a max that the memory can hold: playbooks/prevent.yml. Kernels from 6.19 on refuse 0.',
    },
  ]
}

function idle({ established }: Usage): readonly Finding[] {
  if (established === null || (established.timeout_seconds ?? 0) < longTimeoutSeconds) return []
  const { sampled, idle: idleEntries, timeout_seconds: seconds } = established
  if (sampled < 50 || idleEntries < sampled * manyIdle) return []
  return [
    {
      code: 'idle-established',
      severity: 'warning',
      message: `${Math.round((idleEntries / sampled) * 100)} % of the entries are connections idle for more than an hour, kept for ${roughTime(seconds ?? 0)}`,
      hint: 'Shorten tcp_established: playbooks/short-timeouts.yml; entries that exist go by `drain`. `conntrackctl diagnose` tells more.',
    },
  ]
}

function chains({ kernel, statistics }: HostFacts, { load_factor: { full } }: Usage): readonly Finding[] {
  const isCapped = capsChains(kernel, statistics)
  if (full === null || full <= (isCapped ? longChains.capped : longChains.uncapped)) return []
  return [
    {
      code: 'few-buckets',
      severity: 'warning',
      message: `${full} entries a bucket when full: lookups get long${isCapped ? ', and this kernel drops connections whose chain is too long' : ''}`,
      hint: 'Raise hashsize towards max: leave `hashsize` out of a play that sets max, and it is chosen so.',
    },
  ]
}

/** A full table that a log tells of. In a namespace of its own a kernel's log is that of all of them. */
function evidence({ usage }: HostFacts, { logs }: Usage): readonly Finding[] {
  const told = logs.filter(({ lines }) => (lines ?? 0) > 0)
  const [latest] = told.toSorted((one, other) => (other.last ?? '').localeCompare(one.last ?? ''))
  if (latest === undefined) return []
  const firsts = told.flatMap(({ first }) => first ?? []).toSorted()
  const named = new Set(told.flatMap(({ namespaces }) => Object.keys(namespaces)))
  if (usage?.namespace !== null && usage?.namespace !== undefined) named.delete(usage.namespace)
  const when =
    latest.last === null
      ? ''
      : firsts[0] === latest.last || firsts[0] === undefined
        ? ` at ${latest.last}`
        : ` from ${firsts[0]} to ${latest.last}`
  const where = named.size === 0 ? '' : `; lines name ${named.size} other network namespaces`
  return [
    {
      code: 'full-in-log',
      severity: 'warning',
      message: `${told.map(({ source }) => source).join(', ')} ${told.length === 1 ? 'tells' : 'tell'} of a full table${when}${where}`,
      hint: 'The kernel writes ten such lines in five seconds at most: how many packets were dropped, the counters tell.',
    },
  ]
}

/** Tables of containers have the host's max each, and logs before 6.17 do not tell them apart. */
function crowded({ namespaces }: Usage): readonly Finding[] {
  const dropping = namespaces.tables.filter(({ drop }) => drop > 0)
  const [worst] = dropping.toSorted((one, other) => other.drop - one.drop)
  if (worst === undefined) return []
  return [
    {
      code: 'namespace-drops',
      severity: 'warning',
      message: `${dropping.length} other network ${dropping.length === 1 ? 'namespace has' : 'namespaces have'} dropped packets since boot; the most, ${worst.drop}, that of ${worst.command} (pid ${worst.pid}) with ${worst.count} entries`,
      hint: 'Its count is its own, and max is the host’s for each of them: raise max on the host, or look into that container.',
    },
  ]
}

/** Would a reboot keep the max, and who would write another? */
function atBoot(facts: HostFacts): readonly Finding[] {
  const { max } = facts
  if (max === null || max === 0 || isForeignTable(facts)) return []
  const wish: SizedWish = {
    play: '',
    max,
    sysctls: [],
    persist: true,
    conflicts: 'report',
    module: 'leave',
  }
  const boot = truthsOf(wish, facts, null).boot.find(({ key }) => key === tableKeys.max)
  const writers = otherWriters(wish, facts, new Set()).findings ?? []
  if (boot === undefined || boot.as_wished || !boot.known || boot.value === null) return writers
  const by = boot.decided_by === null ? 'which is what the kernel chooses' : `set by ${boot.decided_by}`
  return [
    {
      code: 'max-not-persisted',
      severity: 'warning',
      message: `after a reboot max would be ${boot.value}, not ${max}: ${by}`,
      hint: 'Put the max you want into a playbook: apply makes it last and verify proves it.',
    },
    ...writers,
  ]
}
