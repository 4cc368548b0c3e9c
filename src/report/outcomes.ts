import type { HostResult, Status } from './host-result.ts'

/** Hosts that ended alike, shown as one entry. */
export interface Outcome {
  readonly status: Status
  readonly play: string
  readonly hosts: readonly HostResult[]
}

/**
 * How alike hosts must be to share an entry. `exact`: the same changes to the same values, the same findings, the
 * same error but for names and numbers in it. `keys`: the same things changed, to whatever values. `kinds`: the
 * same status and kind of error, so that there are never more entries than kinds.
 */
export type Likeness = 'exact' | 'keys' | 'kinds'

/**
 * Groups hosts by what became of them; the largest group first. Hosts of two statuses, urgencies or plays never mix. The text of
 * files tells hosts apart only where it will be shown (`byText`): it follows from the values.
 */
export function groupOutcomes(hosts: readonly HostResult[], likeness: Likeness, byText: boolean): Outcome[] {
  const numberOf = numberer()
  const groups = new Map<string, HostResult[]>()
  for (const host of hosts) {
    const key = keyOf(host, likeness, byText, numberOf)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [host])
    else group.push(host)
  }
  const outcomes = [...groups.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [{ status: first.status, play: first.play, hosts: group }]
  })
  return outcomes.sort((one, other) => other.hosts.length - one.hosts.length)
}

/** The finest grouping that has no more than `most` groups; the coarsest if none has. */
export function foldOutcomes(hosts: readonly HostResult[], most: number): Outcome[] {
  const exact = groupOutcomes(hosts, 'exact', false)
  if (exact.length <= most) return exact
  const byKeys = groupOutcomes(hosts, 'keys', false)
  return byKeys.length <= most ? byKeys : groupOutcomes(hosts, 'kinds', false)
}

/** Texts may be whole files: numbers in their place keep the keys of 10,000 hosts small. */
function numberer(): (text: string) => number {
  const numbers = new Map<string, number>()
  return (text) => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return number
  }
}

function keyOf(
  result: HostResult,
  likeness: Likeness,
  byText: boolean,
  numberOf: (text: string) => number,
): string {
  const { status, play, error, usage } = result
  const parts: (string | number)[] = [
    status,
    numberOf(play),
    error?.kind ?? '',
    error?.stage ?? '',
    usage?.level ?? '',
  ]
  if (likeness === 'kinds') return parts.join(' ')
  for (const { kind, key, after, state } of result.changes)
    parts.push(
      kind,
      numberOf(key),
      state,
      likeness === 'exact' && (byText || kind !== 'file') ? numberOf(after ?? '') : '',
    )
  // Where changes tell what became of a host, its findings are lines of the entry; elsewhere they are the reason.
  if (result.changes.length === 0)
    for (const { code, message } of result.findings)
      parts.push(code, likeness === 'exact' ? numberOf(alike(message, result.host)) : '')
  if (error !== null)
    parts.push(numberOf(alike(error.message, result.host)), numberOf(alike(error.hint, result.host)))
  return parts.join(' ')
}

/** A message with the host's own name and all numbers taken out: what is left tells whether two hosts say the same. */
export function alike(message: string, host: string): string {
  return message.replaceAll(host, '\0').replaceAll(/\d+/g, '#')
}

/** From what needs no eye to what does: the end of a report is what stays on the screen. */
export const calmFirst: readonly Status[] = [
  'ok',
  'skipped',
  'changed',
  'pending',
  'unsupported',
  'unknown',
  'unreachable',
  'failed',
]

/** Statuses that somebody has to look at. */
export function isTrouble(status: Status): boolean {
  return calmFirst.indexOf(status) >= calmFirst.indexOf('unsupported')
}
