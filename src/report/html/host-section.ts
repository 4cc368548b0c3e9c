import type { Headroom } from '../headroom.ts'
import type { Command, HostResult, RunResult } from '../host-result.ts'
import { statusCounts } from '../status-counts.ts'
import { level } from './headroom-charts.ts'
import { html, type Markup } from './markup.ts'
import { grouped, percent, plural } from './numbers.ts'
import { shortStatus, statusMark, statusWord } from './status-mark.ts'

/** Columns as the script sorts them; those of `wide` are left out on a narrow screen. */
const columns: readonly { readonly key: string; readonly title: string; readonly of?: string }[] = [
  { key: 'host', title: 'host' },
  { key: 'status', title: 'status' },
  { key: 'used', title: 'used', of: 'used' },
  { key: 'count', title: 'entries', of: 'n wide' },
  { key: 'max', title: 'max', of: 'n' },
  { key: 'hashsize', title: 'buckets', of: 'n wide' },
  { key: 'kernel', title: 'kernel', of: 'wide' },
  { key: 'changes', title: 'changes', of: 'n wide' },
  { key: 'findings', title: 'findings', of: 'n wide' },
]

/** The table of hosts. Its rows stand in the page as they are; script sorts, filters and opens them. */
export function hostSection(result: RunResult, tables: ReadonlyMap<string, Headroom>): Markup {
  const { hosts, totals, command } = result
  const hasPlays = new Set(hosts.map(({ play }) => play)).size > 1
  return html`<section aria-labelledby="hosts" class="hosts-section">
    <h2 id="hosts">Hosts</h2>
    <form class="tools" hidden>
      <label class="search"
        ><span>Search</span>
        <input
          type="search"
          id="search"
          placeholder="name, kernel, error, finding"
          autocomplete="off"
          spellcheck="false"
      /></label>
      <fieldset>
        <legend class="unseen">Status</legend>
        ${statusCounts(totals)
          .toReversed()
          .map(
            ({ status, hosts: of }) =>
              html`<label class="chip"
                ><input type="checkbox" name="status" value="${status}" /> ${statusMark(status)}
                ${command === 'check' ? statusWord(status, command) : status}
                <span class="of">${grouped(of)}</span></label
              >`,
          )}
      </fieldset>
      <label class="chip"><input type="checkbox" id="only-full" /> at 75 % or more</label>
      <p class="shown" role="status" aria-live="polite">${plural(hosts.length, 'row')}</p>
    </form>
    <noscript
      ><p class="empty">
        Sorting, search and the details of single hosts need script; what became of the hosts stands above,
        complete.
      </p></noscript
    >
    <table class="host-table">
      <caption class="unseen">
        All hosts of the run
      </caption>
      <thead>
        <tr>
          ${columns.map(({ key, title, of = '' }) => html`<th scope="col" class="${of}" data-key="${key}">${title}</th>`)}
        </tr>
      </thead>
      <tbody id="rows">
        ${hosts.map((host, index) => row(host, index, tables.get(host.host), command, hasPlays))}
      </tbody>
    </table>
    <p class="empty" id="none" hidden>No host is like that.</p>
  </section>`
}

function row(
  host: HostResult,
  index: number,
  table: Headroom | undefined,
  command: Command,
  hasPlays: boolean,
): Markup {
  const { status, facts, changes, findings, error, play } = host
  const number = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : grouped(value)
  const loud = findings.filter(({ severity }) => severity !== 'info').length
  return html`<tr data-row="${index}">
    <th scope="row">
      <span class="name">${host.host}</span>${hasPlays ? html` <span class="play">${play}</span>` : null}
    </th>
    <td title="${statusWord(status, command)}">
      ${statusMark(status)}
      ${shortStatus(host)}${error === null ? null : html` <code class="kind">${error.kind}</code>`}
    </td>
    <td class="used">${table === undefined ? '–' : usedBar(table)}</td>
    <td class="n wide">${number(facts?.count)}</td>
    <td class="n">${maxCell(table, facts)}</td>
    <td class="n wide">${number(facts?.hashsize)}</td>
    <td class="wide">${facts === null ? '–' : facts.kernel}</td>
    <td class="n wide">${changes.length}</td>
    <td class="n wide">${loud}</td>
  </tr> `
}

function maxCell(table: Headroom | undefined, facts: HostResult['facts']): Markup {
  if (table === undefined) return html`${facts?.max ?? '–'}`
  if (table.maxBefore === table.maxAfter) return html`${grouped(table.maxAfter)}`
  return html`<span class="was">${grouped(table.maxBefore)} →</span> ${grouped(table.maxAfter)}`
}

function usedBar({ usedBefore, usedAfter }: Headroom): Markup {
  const width = (share: number): string => `${(Math.min(share, 1) * 100).toFixed(1)}%`
  const was = width(usedBefore)
  const mark =
    usedBefore === usedAfter
      ? html``
      : html`<line class="was-mark" x1="${was}" x2="${was}" y1="0" y2="8"></line>`
  return html`<svg class="bar" width="72" height="8" aria-hidden="true">
      <rect class="track" width="100%" height="8"></rect>
      <rect class="${level(usedAfter)}" width="${width(usedAfter)}" height="8"></rect>
      ${mark}
    </svg>
    <span class="share">${percent(usedAfter)}</span>`
}
