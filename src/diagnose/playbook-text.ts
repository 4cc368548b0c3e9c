import { roughTime } from '../usage/rough-time.ts'
import type { Diagnosis } from './diagnosis.ts'

/** A host and what was found on it. */
export interface Diagnosed {
  readonly host: string
  /** Of its table. */
  readonly max: number | null
  readonly diagnosis: Diagnosis
}

/** Which cure of a verdict deletes entries that exist, and which of them. */
const drains: Readonly<Record<string, { readonly protocol: string; readonly state: string | null }>> = {
  tcp_established: { protocol: 'tcp', state: 'ESTABLISHED' },
  tcp_time_wait: { protocol: 'tcp', state: 'TIME_WAIT' },
  tcp_fin_wait: { protocol: 'tcp', state: 'FIN_WAIT' },
  tcp_close_wait: { protocol: 'tcp', state: 'CLOSE_WAIT' },
  tcp_syn_sent: { protocol: 'tcp', state: 'SYN_SENT' },
  tcp_syn_recv: { protocol: 'tcp', state: 'SYN_RECV' },
  udp: { protocol: 'udp', state: null },
  udp_stream: { protocol: 'udp', state: null },
}

/** Entries that go by themselves within this time need nobody to delete them, unless the table is nearly full. */
const soonGoneSeconds = 600
const nearlyFull = 0.75

/**
 * A commented playbook that does what the diagnoses advise: a play for all hosts that need the same. Null where no
 * setting helps any of them.
 */
export function playbookText(hosts: readonly Diagnosed[], writtenAt: string): string | null {
  const groups = new Map<string, Diagnosed[]>()
  for (const one of hosts) {
    const { cures, capacity } = one.diagnosis
    if (cures.length === 0 && (capacity?.max ?? null) === null) continue
    const key = JSON.stringify([
      cures.map(({ timeout, to_seconds: to }) => [timeout, to]),
      capacity?.max ?? null,
      isHurried(one),
    ])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  if (groups.size === 0) return null
  return [
    '# yaml-language-server: $schema=../schema/playbook.schema.json',
    `# Written by conntrackctl diagnose, ${writtenAt}. Read it, then see what it would change: conntrackctl plan.`,
    '',
    ...[...groups.values()].flatMap((group) => [...playOf(group), '']),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

function playOf(group: readonly Diagnosed[]): readonly string[] {
  const [first] = group
  if (first === undefined) return []
  const { cures, capacity } = first.diagnosis
  const long = cures.filter(
    ({ timeout, natural_drain_seconds: drain }) =>
      timeout in drains && (drain > soonGoneSeconds || isHurried(first)),
  )
  return [
    ...group.slice(0, 20).flatMap((one) => comments(one)),
    ...(group.length > 20 ? [`# … and ${group.length - 20} more hosts alike`] : []),
    `- name: Cure what fills the table (${first.diagnosis.verdicts.map(({ code }) => code).join(', ')})`,
    `  hosts: ${quoted(group.map(({ host }) => host).join(','))}`,
    '  conntrack:',
    ...(typeof capacity?.max === 'number'
      ? [`    # ${capacity.arithmetic}`, `    max: ${capacity.max}`]
      : []),
    ...(cures.length === 0 ? [] : ['    timeouts:']),
    ...cures.flatMap(({ timeout, to_seconds: to, arithmetic, saves_entries: saves }) => [
      `      # saves ${saves} entries on ${oneLine(first.host)}: ${arithmetic}`,
      `      ${timeout}: ${to}s`,
    ]),
    ...(long.length === 0
      ? []
      : [
          '  # Entries that exist keep the timeout they were given: without this they would stay for',
          `  # ${long.map(({ natural_drain_seconds: drain }) => roughTime(drain)).join(', ')}.`,
          '  drain:',
          ...long.flatMap(({ timeout, to_seconds: to }) => {
            const drain = drains[timeout]
            return [
              `    - protocol: ${drain?.protocol ?? 'tcp'}`,
              ...(typeof drain?.state === 'string' ? [`      state: ${drain.state}`] : []),
              `      idle: ${to}s`,
            ]
          }),
        ]),
  ]
}

function isHurried({ max, diagnosis }: Diagnosed): boolean {
  return max !== null && max > 0 && diagnosis.count >= max * nearlyFull
}

function comments({ host, diagnosis }: Diagnosed): readonly string[] {
  return [
    ...diagnosis.verdicts.map(
      ({ code, share_percent: percent, message }) =>
        `# ${oneLine(host)}: ${code}, ${percent} %: ${oneLine(message)}`,
    ),
    ...(diagnosis.capacity !== null && diagnosis.capacity.hosts > 1
      ? [`# ${oneLine(host)}: no setting is enough: ${diagnosis.capacity.arithmetic}`]
      : []),
  ]
}

/** In a comment nothing may end the line; names come from an inventory and hosts. */
function oneLine(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ')
}

/** As YAML's double quotes have it. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
