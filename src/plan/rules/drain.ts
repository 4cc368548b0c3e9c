import type { HostFacts } from '../../host/facts.ts'
import {
  describeFilter,
  type DrainFilter,
  filterText,
  mayBeInUse,
  timeoutOf,
} from '../../kernel/drain-filter.ts'
import type { Finding } from '../change.ts'
import { refuse } from '../guard.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { placeOf } from '../targets.ts'

/** Fewer entries than this need nobody to delete them. */
const fewest = 20

/**
 * Deletes entries that a play wants gone. Entries of the same kind may come again at any time, so what is verified is
 * that there are fewer than at first.
 */
export const drain: Rule = ({ drain: filters = [], drainedFrom }, facts, allowed) => {
  const [first] = filters
  if (first === undefined || facts.drain === undefined || facts.count === null) return {}
  const hindrance = hindranceOf(facts)
  if (hindrance !== null) return hindrance
  const live = filters.find(mayBeInUse)
  if (live !== undefined && !allowed.has('drain-in-use'))
    return refuse(
      'drain-in-use',
      `entries of connections that may be in use would be deleted: ${describeFilter(live)}`,
      'Add `idle: 1h` or a state such as TIME_WAIT to the filter',
    )
  const { matched, longestSeconds } = facts.drain
  return mergeOutcomes(
    filters.map((filter, index) =>
      outcomeFor(
        filter,
        { matched: matched[index] ?? 0, longestSeconds: longestSeconds[index] ?? 0 },
        drainedFrom?.[index] ?? null,
        facts,
      ),
    ),
  )
}

function outcomeFor(
  filter: DrainFilter,
  { matched, longestSeconds }: { readonly matched: number; readonly longestSeconds: number },
  atFirst: number | null,
  facts: HostFacts,
): RuleOutcome {
  const isDone = atFirst !== null && matched < atFirst
  if (matched < fewest || isDone) return {}
  const timeout = placeOf(facts, timeoutOf(filter))
  const seconds =
    timeout.state === 'present' && /^\d{1,10}$/.test(timeout.value) ? Number(timeout.value) : null
  // As the kernel counts it: what is left of a timeout from before is more than the one of now.
  const natural = longestSeconds > 0 ? `; by themselves they would be gone in ${longestSeconds} s` : ''
  return {
    changes: [
      {
        kind: 'drain',
        key: `entries ${describeFilter(filter)}`,
        path: `${filterText(filter)} ${seconds ?? 0}`,
        before: String(matched),
        after: '0',
        reason: `a shortened timeout does not touch entries that exist${natural}`,
      },
    ],
  }
}

function hindranceOf({ drain: facts }: HostFacts): RuleOutcome | null {
  if (facts === undefined) return null
  if (!facts.hasTool)
    return unsupported({
      code: 'no-conntrack-tool',
      severity: 'error',
      message:
        'entries can be deleted with perl, python3 or the conntrack tool, of which none is installed there',
      hint: 'Install one. The tool is the slowest; its package is `conntrack` on Debian and Ubuntu, `conntrack-tools` on Red Hat, SUSE, Arch and Alpine.',
    })
  if (!facts.isReadable)
    return {
      verdict: 'needs_root',
      findings: [
        {
          code: 'needs-root',
          severity: 'error',
          message: 'the entries of the table may be read and deleted by root only',
          hint: 'Set `become: true`, or log in as root.',
        },
      ],
    }
  if (!facts.knowsOwnSession)
    return unsupported({
      code: 'own-session-unknown',
      severity: 'error',
      message: 'it cannot be told which entry is that of our own connection, so none is deleted',
      hint: 'Log in by ssh and not through a service that hides SSH_CONNECTION.',
    })
  return null
}

function unsupported(finding: Finding): RuleOutcome {
  return { verdict: 'unsupported', findings: [finding] }
}
