import type { Finding } from '../plan/change.ts'
import { foldTexts } from './fold-texts.ts'
import type { HostResult } from './host-result.ts'

/** A finding that several hosts share. */
export interface Found {
  readonly code: string
  readonly severity: Finding['severity']
  readonly hosts: readonly string[]
  /** True of all of them: numbers that differ as ranges; else an example. */
  readonly message: string
  readonly hint: string
}

const order: readonly Finding['severity'][] = ['error', 'warning', 'info']

/** Findings by code, gravest first, then those of the most hosts. */
export function foundByCode(hosts: readonly HostResult[]): readonly Found[] {
  const found = new Map<string, { finding: Finding; hosts: Set<string>; messages: Set<string> }>()
  for (const { host, findings } of hosts)
    for (const finding of findings) {
      const id = `${finding.severity} ${finding.code}`
      const same = found.get(id) ?? { finding, hosts: new Set(), messages: new Set() }
      found.set(id, same)
      same.hosts.add(host)
      same.messages.add(finding.message)
    }
  return [...found.values()]
    .map(({ finding, hosts: those, messages }) => ({
      code: finding.code,
      severity: finding.severity,
      hosts: [...those],
      message: foldTexts(messages) ?? `e.g. ${finding.message}`,
      hint: finding.hint,
    }))
    .sort(
      (one, other) =>
        order.indexOf(one.severity) - order.indexOf(other.severity) || other.hosts.length - one.hosts.length,
    )
}
