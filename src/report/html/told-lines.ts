import type { HostResult } from '../host-result.ts'
import { painter } from '../paint.ts'
import { truthLines } from '../truth-lines.ts'
import { type CheckedHost, usageLines, usedText } from '../usage-lines.ts'

/** Wider than any line of text. */
const unbroken = 10_000

/**
 * What `check`, `diagnose` and `verify` tell of hosts that share an entry, beside changes and findings, a line each; of
 * the first two the first line is the sum of it.
 */
export function toldLines(hosts: readonly HostResult[]): readonly string[] {
  const checked = hosts.flatMap((host): readonly CheckedHost[] =>
    host.usage === undefined ? [] : [{ ...host, usage: host.usage }],
  )
  const style = { paint: painter(false), width: unbroken, isVerbose: hosts.length === 1 }
  return [
    ...(checked.length === 0 ? [] : [usedText(checked), ...usageLines(checked)]),
    ...verdictLines(hosts),
    ...truthLines(hosts, style),
  ].map((line) => line.trim().replace(/^(\S+(?: \S+)?) {2,}/, '$1: '))
}

/** Each verdict once, in the words of the first host that has it. */
function verdictLines(hosts: readonly HostResult[]): readonly string[] {
  const told = hosts.flatMap(({ diagnosis }) => (diagnosis === undefined ? [] : [diagnosis]))
  const codes = [...new Set(told.flatMap(({ verdicts }) => verdicts.map(({ code }) => code)))]
  const lines = codes.flatMap((code) => {
    const of = told.flatMap(({ verdicts }) => verdicts.filter((verdict) => verdict.code === code))
    const [first] = of
    if (first === undefined) return []
    const share = hosts.length === 1 ? `${first.share_percent} %` : `on ${of.length} of ${hosts.length} hosts`
    return [`${code}, ${share}: ${first.message}`, first.advice]
  })
  const [only] = hosts.length === 1 ? told : []
  return [...lines, ...(only?.capacity == null ? [] : [only.capacity.arithmetic])]
}
