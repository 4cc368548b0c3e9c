import type { FileState, HostFacts } from '../host/facts.ts'
import { ourRulesAt } from './firewall/our-rules-at.ts'
import { rewritingProgram, rewrittenAt } from './firewall/rewritten-rules.ts'
import { isHashsizeOf } from '../kernel/hashsize.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import type { Change, Finding, HostPlan } from './change.ts'

/** What to make of a place that holds neither what a change would put there nor what it found. */
export type Moved = 'refuse' | 'overwrite'

/**
 * The plan that makes recorded changes exactly, on a host as it is now: those that are there already are
 * left out. A host that somebody else has changed since gets none of them, unless `moved` says otherwise.
 * `hint` tells what to do then.
 */
export function planRecorded(
  changes: readonly Change[],
  facts: HostFacts,
  moved: Moved,
  hint: string,
): HostPlan {
  const due: Change[] = []
  const findings: Finding[] = []
  for (const change of changes) {
    const now = standsAt(change, facts)
    if (now === undefined) {
      findings.push(unknownPlace(change, hint))
    } else if (!isSame(change, now, change.after, facts)) {
      if (moved === 'refuse' && !isSame(change, now, change.before, facts))
        findings.push(movedPlace(change, now, hint))
      due.push({ ...change, before: now })
    }
  }
  // Others do not even see all of it.
  if (due.length + findings.length > 0 && facts.uid > 0)
    return { changes: [], findings: [needsRoot(facts)], verdict: 'needs_root' }
  if (findings.length > 0) return { changes: [], findings, verdict: 'refused' }
  // What a firewall lets pass changes with its rules, whichever way.
  const rules = due.filter(({ kind }) => kind === 'rule').map(({ key }) => `${key} as they were recorded`)
  return {
    changes: due,
    findings: [],
    verdict: 'possible',
    ...(rules.length === 0 ? {} : { dangers: rules }),
  }
}

/** What stands there now: null for nothing, undefined where that is not known. */
function standsAt({ kind, key, path, before, after }: Change, facts: HostFacts): string | null | undefined {
  switch (kind) {
    case 'live': {
      const place = facts.places.get(key)
      if (place?.state === 'missing') return null
      return place?.state === 'present' && place.path === path ? place.value : undefined
    }
    case 'file':
      return textOf(facts.files.get(path))
    case 'module':
      return facts.conntrackModules.includes(path) ||
        facts.firewall?.modules?.some(({ name }) => name === path) === true
        ? 'loaded'
        : null
    case 'drain':
      return undefined
    case 'rule': {
      const program = rewritingProgram(path)
      if (facts.firewall === null) return undefined
      return program === null
        ? ourRulesAt(path, facts.firewall)
        : rewrittenAt(program, { before, after }, facts.firewall)
    }
  }
}

function textOf(file: FileState | undefined): string | null | undefined {
  if (file?.state === 'present') return file.text
  return file?.state === 'missing' ? null : undefined
}

/** The kernel rounds a hashsize up: what it made of a value is that value. */
function isSame({ kind, key }: Change, now: string | null, value: string | null, facts: HostFacts): boolean {
  if (now === value) return true
  const isHashsize = kind === 'live' && (key === tableKeys.hashsize || key === tableKeys.buckets)
  return (
    isHashsize && now !== null && value !== null && isHashsizeOf(Number(now), Number(value), facts.pageBytes)
  )
}

function movedPlace({ kind, key, before }: Change, now: string | null, hint: string): Finding {
  return {
    code: 'changed-since',
    severity: 'error',
    message:
      kind === 'file' || kind === 'rule'
        ? `${key} ${kind === 'rule' ? 'have' : 'has'} ${now === null ? 'gone' : 'been changed'} since`
        : `${key} is ${now ?? 'gone'} and no longer ${before ?? 'missing'}`,
    hint,
  }
}

function unknownPlace({ key }: Change, hint: string): Finding {
  return { code: 'changed-since', severity: 'error', message: `${key} cannot be read any longer`, hint }
}

function needsRoot({ uid }: HostFacts): Finding {
  return {
    code: 'needs-root',
    severity: 'error',
    message: `only root may change this, and we are user ${uid}`,
    hint: 'Use --become, or log in as root.',
  }
}
