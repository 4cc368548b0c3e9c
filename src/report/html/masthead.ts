import type { Headroom } from '../headroom.ts'
import type { RunResult, Status } from '../host-result.ts'
import { isTrouble } from '../outcomes.ts'
import { statusCounts } from '../status-counts.ts'
import { html, type Markup } from './markup.ts'
import { grouped, lasted, percent, plural, when } from './numbers.ts'
import type { ReportInput } from './report-input.ts'
import { statusMark, statusWord } from './status-mark.ts'

/** What the run came to, in one sentence, then in figures. */
export function masthead(input: ReportInput, tables: readonly Headroom[]): Markup {
  const { result, isComplete, by, words } = input
  const { command, run, playbook, started, finished, notes = [] } = result
  return html`<header>
    <p class="kicker">conntrackctl <b>${command}</b> <span class="path">${playbook}</span></p>
    <h1>${headline(result)}</h1>
    ${isComplete ? null : html`<p class="note"><b>This run was cut off.</b> What follows is what its journal holds.</p>`}
    ${notes.map((note) => html`<p class="note">${note}</p>`)}
    <dl class="meta">
      <div>
        <dt>Began</dt>
        <dd><time datetime="${started}">${when(started)}</time></dd>
      </div>
      <div>
        <dt>Took</dt>
        <dd>${lasted(started, finished)}</dd>
      </div>
      ${
        by === null
          ? null
          : html`<div>
              <dt>By</dt>
              <dd>${by}</dd>
            </div>`
      }
      <div>
        <dt>Run</dt>
        <dd><code>${run}</code></dd>
      </div>
      ${
        words.length === 0
          ? null
          : html`<div class="wide">
              <dt>Command</dt>
              <dd><code>conntrackctl ${words.join(' ')}</code></dd>
            </div>`
      }
    </dl>
    ${statusStrip(result)} ${figures(result, tables)}
  </header>`
}

function headline({ hosts, totals, command }: RunResult): string {
  if (hosts.length === 0) return 'No host was looked at.'
  const trouble = hosts.filter(({ status }) => isTrouble(status)).length
  const parts = [
    ...(['changed', 'pending', 'ok', 'skipped'] as const).map(
      (status) => [totals[status], statusWord(status, command)] as const,
    ),
    [trouble, `${trouble === 1 ? 'needs' : 'need'} a look`] as const,
  ].filter(([count]) => count > 0)
  const texts = parts.map(
    ([count, words], index) => `${index === 0 ? plural(count, 'host') : grouped(count)} ${words}`,
  )
  return `${texts.join(', ')}.`
}

/** All hosts as one bar, the gravest at its end. */
function statusStrip({ totals, hosts, command }: RunResult): Markup | null {
  if (hosts.length === 0) return null
  const counts = statusCounts(totals).toReversed()
  let left = 0
  const parts = counts.map(({ status, hosts: of }) => {
    const x = left
    const width = (of / hosts.length) * 100
    left += width
    return html`<rect
      class="f-${status}"
      x="${x.toFixed(3)}%"
      width="${width.toFixed(3)}%"
      height="10"
    ></rect>`
  })
  const words = counts.map(({ status, hosts: of }) => `${of} ${statusWord(status, command)}`).join(', ')
  return html`<svg
    class="strip"
    width="100%"
    height="10"
    role="img"
    aria-label="Of ${hosts.length} hosts: ${words}"
  >
    ${parts}
  </svg>`
}

function figures(result: RunResult, tables: readonly Headroom[]): Markup {
  const over = (of: (table: Headroom) => number): number => tables.filter((table) => of(table) >= 0.75).length
  const fullest = (of: (table: Headroom) => number): number =>
    tables.reduce((most, table) => Math.max(most, of(table)), 0)
  const before = ({ usedBefore }: Headroom): number => usedBefore
  const after = ({ usedAfter }: Headroom): number => usedAfter
  return html`<ul class="tiles">
    ${statusCounts(result.totals)
      .toReversed()
      .map(({ status, hosts }) => statusTile(status, hosts, statusWord(status, result.command)))}
    ${tables.length === 0 ? null : shiftTile('fullest table', percent(fullest(before)), percent(fullest(after)))}
    ${tables.length === 0 ? null : shiftTile('tables at 75 % or more', grouped(over(before)), grouped(over(after)))}
  </ul>`
}

/** A link for those without script; with it, the table of hosts shows this status only. */
function statusTile(status: Status, hosts: number, words: string): Markup {
  return html`<li>
    <a class="tile" href="#hosts" data-status="${status}"
      ><span class="figure">${grouped(hosts)}</span>
      <span class="label">${statusMark(status)} ${words}</span></a
    >
  </li>`
}

function shiftTile(label: string, before: string, after: string): Markup {
  return html`<li class="tile">
    <span class="figure"
      >${
        before === after
          ? html`${after}`
          : html`<span class="was">${before}</span> <span class="to" aria-label="to">→</span> ${after}`
      }</span
    >
    <span class="label">${label}</span>
  </li>`
}
