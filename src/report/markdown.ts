import { changeRows } from './change-rows.ts'
import { foundByCode } from './found.ts'
import { headroomByHost } from './headroom.ts'
import type { RunResult } from './host-result.ts'
import { markdownCode, markdownText } from './markdown-text.ts'
import { calmFirst, foldOutcomes, isTrouble, type Outcome } from './outcomes.ts'
import { printable } from '../printable.ts'
import { shortHosts } from './short-hosts.ts'
import { statusCounts } from './status-counts.ts'

/** Groups that a comment can hold before nobody reads it. */
const mostOutcomes = 12
const fullestHosts = 5

/** A result for a comment on a change or for a chat: what needs an eye in a table, the rest folded away. */
export function renderMarkdown(result: RunResult): string {
  const { command, hosts, totals, notes = [], run, started, finished, playbook } = result
  const counts = statusCounts(totals).map(({ status, hosts: of }) => `${of} ${status}`)
  const outcomes = foldOutcomes(hosts, mostOutcomes).sort(
    (one, other) => calmFirst.indexOf(other.status) - calmFirst.indexOf(one.status),
  )
  const seconds = ((Date.parse(finished) - Date.parse(started)) / 1000).toFixed(1)
  return [
    `### conntrackctl ${command}: ${counts.join(', ') || 'no hosts'}`,
    `${markdownCode(playbook)} · ${hosts.length} hosts · ${seconds} s · run ${markdownCode(run)}`,
    ...notes.map((note) => `> **Note** ${markdownText(note)}`),
    ...(outcomes.length === 0
      ? []
      : [['| status | hosts | what |', '| --- | --- | --- |', ...outcomes.map(outcomeRow)].join('\n')]),
    ...outcomes.filter(({ hosts: [first] }) => (first?.changes.length ?? 0) > 0).map(changesBlock),
    ...findingsBlock(result),
    ...fullestBlock(result),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

function outcomeRow(outcome: Outcome): string {
  const names = [...new Set(outcome.hosts.map(({ host }) => host))]
  const size = names.length > 1 ? ` (${names.length})` : ''
  const mark = isTrouble(outcome.status) ? `**${outcome.status}**` : outcome.status
  return `| ${mark} | ${markdownCode(shortHosts(names, 60))}${size} | ${whatHappened(outcome)} |`
}

function whatHappened({ hosts }: Outcome): string {
  const [first] = hosts
  if (first === undefined) return ''
  if (first.error !== null)
    return `${markdownCode(first.error.kind)} ${markdownText(first.error.message)}${first.error.hint === '' ? '' : `<br>${markdownText(first.error.hint)}`}`
  if (first.changes.length > 0)
    return `${first.changes.length} ${first.changes.length === 1 ? 'change' : 'changes'}`
  return markdownText(first.findings.find(({ severity }) => severity !== 'info')?.message ?? '')
}

function changesBlock(outcome: Outcome): string {
  const names = [...new Set(outcome.hosts.map(({ host }) => host))]
  const rows = changeRows(outcome).map(
    ({ what, how, state, share, reason }) =>
      `| ${markdownCode(what)} | ${markdownCode(how)} | ${state} | ${markdownText([share, reason].filter(Boolean).join('; '))} |`,
  )
  const title = `${outcome.status}: ${printable(shortHosts(names, 60))}`
  return folded(title, ['| what | before and after | state | why |', '| --- | --- | --- | --- |', ...rows])
}

function findingsBlock({ hosts }: RunResult): string[] {
  const found = foundByCode(hosts).filter(({ severity }) => severity !== 'info')
  if (found.length === 0) return []
  const lines = found.map(
    ({ severity, code, hosts: those, message }) =>
      `- ${severity} ${markdownCode(code)} on ${those.length === 1 ? markdownCode(those[0] ?? '') : `${those.length} hosts`}: ${markdownText(message)}`,
  )
  return [folded(`${found.length} ${found.length === 1 ? 'finding' : 'findings'}`, lines)]
}

function fullestBlock({ hosts }: RunResult): string[] {
  const fullest = [...headroomByHost(hosts).values()]
    .sort((one, other) => other.usedAfter - one.usedAfter)
    .slice(0, fullestHosts)
  if (fullest.length === 0) return []
  const rows = fullest.map(
    ({ host, count, maxAfter, usedBefore, usedAfter }) =>
      `| ${markdownCode(host)} | ${count} | ${maxAfter} | ${percent(usedBefore)} | ${percent(usedAfter)} |`,
  )
  return [
    folded('the fullest tables', [
      '| host | entries | max | used before | used after |',
      '| --- | ---: | ---: | ---: | ---: |',
      ...rows,
    ]),
  ]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

/** Both GitHub and GitLab need the empty lines to read Markdown inside. */
function folded(title: string, lines: readonly string[]): string {
  return `<details><summary>${htmlText(title)}</summary>\n\n${lines.join('\n')}\n\n</details>`
}

function htmlText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
}
