import { printable } from '../printable.ts'
import { foldTexts } from './fold-texts.ts'
import type { ResultChange } from './host-result.ts'
import { diffLines, type DiffLine } from './line-diff.ts'
import type { Outcome } from './outcomes.ts'
import { shortHosts } from './short-hosts.ts'

/** One change of an entry, as the columns of its row. All text is safe to show. */
export interface ChangeRow {
  /** `nf_conntrack_max` or a path. */
  readonly what: string
  /** `65536 -> 262144`, `new, 6 lines`. */
  readonly how: string
  /** What became of it: `done, not verified`. */
  readonly state: string
  /** On which hosts of the entry, when not on all. */
  readonly share: string
  readonly reason: string
  /** How a file's text changes; `of` names the host when the texts of several differ. Null for other changes. */
  readonly diff: { readonly lines: readonly DiffLine[]; readonly of: string | null } | null
}

interface Spot {
  readonly change: ResultChange
  readonly hosts: string[]
  readonly befores: Set<string | null>
  readonly afters: Set<string | null>
  readonly reasons: Set<string>
}

const widestValue = 60

/** The changes of an entry, each once, in the order of the first host that has it. */
export function changeRows(outcome: Outcome): ChangeRow[] {
  const spots = new Map<string, Spot>()
  for (const { host, changes } of outcome.hosts)
    for (const change of changes) {
      const id = JSON.stringify([change.kind, change.key, change.state])
      const spot = spots.get(id) ?? {
        change,
        hosts: [],
        befores: new Set(),
        afters: new Set(),
        reasons: new Set(),
      }
      spots.set(id, spot)
      spot.hosts.push(host)
      spot.befores.add(change.before)
      spot.afters.add(change.after)
      spot.reasons.add(change.reason)
    }
  return [...spots.values()].map((spot) => row(spot, outcome))
}

function row(spot: Spot, outcome: Outcome): ChangeRow {
  const { change, hosts, befores, afters } = spot
  const isText = change.kind === 'file' || change.kind === 'rule'
  const isOne = befores.size === 1 && afters.size === 1
  return {
    what: label(change),
    how: isText ? describeFiles(befores, afters) : `${fold(befores)} -> ${fold(afters)}`,
    state: stateWord(change, outcome),
    share: hosts.length === outcome.hosts.length ? '' : `on ${someHosts(hosts, outcome.hosts.length)}`,
    reason: printable(foldTexts(spot.reasons) ?? `e.g. ${change.reason}`),
    diff: isText
      ? {
          lines: diffLines(change.before ?? '', change.after ?? ''),
          of: isOne ? null : printable(hosts[0] ?? ''),
        }
      : null,
  }
}

/** Everything of conntrack's own without the folder that they share. */
function label({ kind, key }: ResultChange): string {
  const name = printable(key.replace(/^net\.netfilter\.(?=nf_conntrack)/, ''))
  return kind === 'module' ? `module ${name}` : name
}

function stateWord({ state }: ResultChange, { status }: Outcome): string {
  // What was sent to a host that never answered: nobody can say how far it got.
  if (state === 'planned' && status === 'unknown') return 'may or may not be done'
  return { planned: 'not done', applied: 'done, not verified', verified: 'done', failed: 'failed' }[state]
}

function fold(values: ReadonlySet<string | null>): string {
  const present = [...values].filter((value) => value !== null)
  const folded = foldTexts(present)
  const shown =
    folded === null && present.length > 0 ? present.slice(0, 3) : [folded].filter((text) => text !== null)
  const words = [...(values.has(null) ? ['(none)'] : []), ...shown.map(showValue)]
  return `${words.join(' or ')}${folded === null && present.length > 3 ? ' or …' : ''}`
}

function showValue(value: string): string {
  const text = value === '' ? '(empty)' : printable(value)
  return text.length > widestValue ? `${text.slice(0, widestValue - 1)}…` : text
}

/** `new, 6 lines` or `+2 -1 lines`, with ranges where hosts differ. */
function describeFiles(befores: ReadonlySet<string | null>, afters: ReadonlySet<string | null>): string {
  const [before = null] = befores
  const [after = null] = afters
  if (after === null) return 'removed'
  const lines = [...afters].map(
    (text) => `${(text ?? '').split('\n').length - (text?.endsWith('\n') === true ? 1 : 0)} lines`,
  )
  const size = foldTexts(lines) ?? ''
  const readable = size === '1 lines' ? '1 line' : size
  if (!befores.has(null)) {
    if (befores.size > 1 || afters.size > 1) return `changed, ${readable}`
    const marks = diffLines(before ?? '', after).map(({ mark }) => mark)
    return `+${marks.filter((mark) => mark === '+').length} -${marks.filter((mark) => mark === '-').length} lines`
  }
  return `${befores.size > 1 ? 'new or changed' : 'new'}, ${readable}`
}

function someHosts(hosts: readonly string[], total: number): string {
  const names = printable(shortHosts(hosts, 40))
  return names.includes('…') ? `${hosts.length} of ${total}` : names
}
