import { changeRows, type ChangeRow } from '../change-rows.ts'
import { foundByCode } from '../found.ts'
import type { Command, RunResult } from '../host-result.ts'
import { calmFirst, foldOutcomes, type Outcome } from '../outcomes.ts'
import { shortHosts } from '../short-hosts.ts'
import { html, type Markup } from './markup.ts'
import { plural } from './numbers.ts'
import { statusMark, statusWord } from './status-mark.ts'
import { toldLines } from './told-lines.ts'

const mostOutcomes = 40

/** What became of the hosts: those that ended alike as one entry, those that need a look first. */
export function outcomeSection({ hosts, command }: RunResult): Markup {
  const outcomes = foldOutcomes(hosts, mostOutcomes).sort(
    (one, other) =>
      calmFirst.indexOf(other.status) - calmFirst.indexOf(one.status) || fullest(other) - fullest(one),
  )
  const isChange = command === 'apply' || command === 'rollback'
  const hasPlays = new Set(hosts.map(({ play }) => play)).size > 1
  return html`<section aria-labelledby="outcomes">
    <h2 id="outcomes">${isChange ? 'What became of the hosts' : 'What was found'}</h2>
    ${outcomes.map((outcome) => entry(outcome, command, hasPlays))}
  </section>`
}

/** Of what `check` has seen; 0 where it was not asked. */
function fullest({ hosts }: Outcome): number {
  return hosts.reduce((most, { usage }) => Math.max(most, usage?.used_percent ?? 0), 0)
}

function entry(outcome: Outcome, command: Command, hasPlays: boolean): Markup {
  const names = [...new Set(outcome.hosts.map(({ host }) => host))]
  const [first] = outcome.hosts
  const error = first?.error ?? null
  const rows = changeRows(outcome)
  const found = foundByCode(outcome.hosts).filter(({ message }) => message !== error?.message)
  const told = toldLines(outcome.hosts)
  // A calm host of these has little else to be told of.
  const isSum = error === null && (command === 'check' || command === 'diagnose')
  const [sum = null, ...rest] = isSum ? told : [null, ...told]
  return html`<details class="outcome">
    <summary>
      ${statusMark(outcome.status)} <b class="hosts">${shortHosts(names, 90)}</b>
      <span class="label"
        >${statusWord(outcome.status, command)}${names.length > 1 ? ` · ${plural(names.length, 'host')}` : ''}${hasPlays ? ` · ${outcome.play}` : ''}</span
      >${error === null ? null : html`<span class="reason"><code>${error.kind}</code> ${error.message}</span>`}${sum === null ? null : html`<span class="reason">${sum}</span>`}
    </summary>
    <div class="inside">
      ${error === null ? null : html`<p class="hint">Reached ${error.stage}. ${error.hint}</p>`}
      ${rows.length === 0 ? null : changesTable(rows)}
      ${found.map(
        ({ severity, code, message, hint, hosts: those }) =>
          html`<p class="finding ${severity}">
            <code>${code}</code>
            ${message}${those.length < names.length ? ` (on ${plural(those.length, 'host')})` : ''}<br /><span
              class="hint"
              >${hint}</span
            >
          </p>`,
      )}
      ${
        rest.length === 0
          ? null
          : html`<ul class="told">
              ${rest.map((line) => html`<li>${line}</li>`)}
            </ul>`
      }
      ${error === null && rows.length === 0 && found.length === 0 && rest.length === 0 ? html`<p class="empty">Nothing to tell.</p>` : null}
    </div>
  </details>`
}

function changesTable(rows: readonly ChangeRow[]): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Changes">
    <table class="changes">
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">before and after</th>
          <th scope="col">state</th>
          <th scope="col">why</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ what, how, state, share, reason, diff }) =>
            html`<tr>
              <th scope="row"><code>${what}</code></th>
              <td>
                ${how.replace(' -> ', ' → ')}${share === '' ? '' : ` ${share}`}${diff === null || diff.lines.length === 0 ? null : diffBlock(diff.lines)}
              </td>
              <td>${state}</td>
              <td>${reason}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function diffBlock(lines: NonNullable<ChangeRow['diff']>['lines']): Markup {
  const classes = { ' ': 'same', '-': 'gone', '+': 'new', '@': 'hunk' } as const
  const rows = lines
    .slice(0, 60)
    .map(
      ({ mark, text }) =>
        html`<span class="${classes[mark]}">${mark === '@' ? text : `${mark}${text}`}</span>`,
    )
  return html`<pre class="diff">${rows}</pre>`
}
