import { kernelTakes } from '../../kernel/boot/kernel-value.ts'
import { isAtLeast } from '../../kernel/release.ts'
import { findTunable } from '../../kernel/tunables.ts'
import type { HostFacts, Place } from '../../host/facts.ts'
import type { WishedSysctl } from '../../playbook/wish.ts'
import { cannotWrite } from '../cannot-write.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { comesWithModule, isForeignTable, placeOf, valueBefore } from '../targets.ts'

/** Timeouts, options and neighbours: each key by itself; one that this kernel lacks does not stop the others. */
export const sysctls: Rule = (wish, facts) =>
  mergeOutcomes(wish.sysctls.map((sysctl) => outcomeFor(sysctl, facts)))

function outcomeFor({ key, value }: WishedSysctl, facts: HostFacts): RuleOutcome {
  const place = placeOf(facts, key)
  if (place.state === 'missing')
    // Without the module none of its keys is there; that is said once, by the rule for the module.
    return comesWithModule(key, facts) ? {} : { findings: [missing(key, facts)] }
  if (place.state === 'present' && place.value === value) return {}
  const refused = refusedValue(key, value, facts)
  if (refused !== null) return refused
  return (
    cannotWrite(key, isOfHost(key, facts) ? fixed(place) : place, facts) ?? {
      changes: [
        {
          kind: 'live',
          key,
          path: place.path,
          before: valueBefore(place),
          after: value,
          reason: reasonFor(key, valueBefore(place), value),
        },
      ],
    }
  )
}

function missing(key: string, facts: HostFacts): NonNullable<RuleOutcome['findings']>[number] {
  const tunable = findTunable(key)
  const span = [
    ...(tunable?.since ? [`since ${tunable.since}`] : []),
    ...(tunable?.until ? [`until ${tunable.until}`] : []),
  ].join(', ')
  return {
    code: 'key-missing',
    severity: 'warning',
    message: `this kernel (${facts.kernel}) has no ${key}${span ? ` (it exists ${span})` : ''}`,
    hint: 'It is left out on this host; everything else is set.',
  }
}

/** Values that every kernel takes are checked in the playbook; those that some refuse, here. */
function refusedValue(key: string, value: string, facts: HostFacts): RuleOutcome | null {
  if (findTunable(key) === undefined) return null
  const taken = kernelTakes(key, value, { ...facts, pointerBytes: 8 })
  if (taken.taken) return null
  return {
    verdict: 'unsupported',
    findings: [
      {
        code: 'value-refused',
        severity: 'error',
        message: `this kernel (${facts.kernel}) would not take ${value} for ${key}: ${taken.why}`,
        hint: 'Give these hosts a value that it takes, by a variable of the inventory.',
      },
    ],
  }
}

function reasonFor(key: string, before: string | null, after: string): string {
  if (before === null || findTunable(key)?.area !== 'timeout') return 'as the play wishes'
  return Number(after) < Number(before) ? 'entries leave the table sooner' : 'entries are kept longer'
}

/** Would a write here, in a container's namespace, change the variable of its host? */
function isOfHost(key: string, facts: HostFacts): boolean {
  const tunable = findTunable(key)
  if (tunable === undefined || !isForeignTable(facts)) return false
  return tunable.scope === 'host' || isAtLeast(facts.kernel, '3.6') === false
}

function fixed(place: Place): Place {
  return place.state === 'present' ? { ...place, writable: false } : place
}
