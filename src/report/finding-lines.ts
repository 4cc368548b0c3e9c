import type { Finding } from '../plan/change.ts'
import { printable } from '../printable.ts'
import type { EntryStyle } from './entry-style.ts'
import { foldTexts } from './fold-texts.ts'
import { alike, type Outcome } from './outcomes.ts'
import { shortHosts } from './short-hosts.ts'
import { wrap } from './wrap.ts'

interface Found {
  readonly finding: Finding
  readonly hosts: Set<string>
  readonly messages: Set<string>
}

const colors = { info: 'dim', warning: 'yellow', error: 'red' } as const

/** The findings of an entry, each once, the hint after the last of those that share it. */
export function findingLines(
  outcome: Outcome,
  { paint, width, isVerbose }: Pick<EntryStyle, 'paint' | 'width' | 'isVerbose'>,
): string[] {
  const found = [...collect(outcome, isVerbose).values()]
  return found.flatMap(({ finding, hosts, messages }, index) => {
    const names = shortHosts([...hosts], 40)
    const some = names.includes('…') ? `${hosts.size} of ${outcome.hosts.length}` : printable(names)
    const share = hosts.size === outcome.hosts.length ? '' : ` (on ${some})`
    const message = foldTexts(messages) ?? `e.g. ${finding.message}`
    const text = `${finding.severity} ${finding.code}: ${printable(message)}${share}`
    const hint = found[index + 1]?.finding.hint === finding.hint ? '' : finding.hint
    return [
      ...wrap(text, width, '  ').map((line) => paint(line, colors[finding.severity])),
      ...(hint === '' ? [] : wrap(printable(hint), width, '      ').map((line) => paint(line, 'dim'))),
    ]
  })
}

/** Without remarks on hosts that are as wished (noise unless asked for), and without what the error says already. */
function collect({ hosts, status }: Outcome, isVerbose: boolean): Map<string, Found> {
  const found = new Map<string, Found>()
  for (const { host, findings, error } of hosts)
    for (const finding of findings) {
      if (finding.severity === 'info' && status === 'ok' && !isVerbose) continue
      if (finding.message === error?.message) continue
      const id = JSON.stringify([finding.code, finding.severity, alike(finding.message, host)])
      const same = found.get(id) ?? { finding, hosts: new Set(), messages: new Set() }
      found.set(id, same)
      same.hosts.add(host)
      same.messages.add(finding.message)
    }
  return found
}
