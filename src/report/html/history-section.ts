import { fleetTrend, type FleetMoment } from '../fleet-trend.ts'
import { statusCounts } from '../status-counts.ts'
import { html, type Markup } from './markup.ts'
import { grouped, percent, when } from './numbers.ts'
import type { ReportInput } from './report-input.ts'
import { statusMark } from './status-mark.ts'

const listedRuns = 12

/** The recorded runs up to this one: how full the fleet has been, and how the runs ended. */
export function historySection({ history }: ReportInput): Markup | null {
  const moments = fleetTrend(history)
  if (moments.length < 2) return null
  return html`<section aria-labelledby="history">
    <h2 id="history">Runs so far</h2>
    <div class="charts history">
      ${trendChart(moments)}
      <div class="scroll" tabindex="0" role="group" aria-label="Runs">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">began</th>
              <th scope="col">command</th>
              <th scope="col">hosts</th>
              <th scope="col" class="n">fullest</th>
              <th scope="col" class="n wide">entries</th>
            </tr>
          </thead>
          <tbody>
            ${moments.slice(-listedRuns).toReversed().map(runRow)}
          </tbody>
        </table>
      </div>
    </div>
  </section>`
}

function runRow({ started, command, playbook, totals, fullest, entries }: FleetMoment): Markup {
  const counts = statusCounts(totals).toReversed()
  return html`<tr>
    <td><time datetime="${started}">${when(started)}</time></td>
    <td title="${playbook}">${command}</td>
    <td>
      ${counts.map(({ status, hosts }) => html`<span class="count">${statusMark(status)} ${grouped(hosts)}<span class="unseen"> ${status}</span></span> `)}
    </td>
    <td class="n">${fullest === null ? '–' : percent(fullest)}</td>
    <td class="n wide">${grouped(entries)}</td>
  </tr>`
}

/** Lines over a scale that does not keep its proportions, with the words beside them in HTML. */
function trendChart(moments: readonly FleetMoment[]): Markup {
  const known = moments.filter(({ fullest }) => fullest !== null)
  const top = Math.max(1, ...known.map(({ fullest }) => fullest ?? 0))
  const x = (index: number): number => (known.length < 2 ? 50 : (index / (known.length - 1)) * 100)
  const y = (share: number): number => 100 - (share / top) * 100
  const line = (of: (moment: FleetMoment) => number | null): string =>
    known.map((moment, index) => `${x(index).toFixed(2)},${y(of(moment) ?? 0).toFixed(2)}`).join(' ')
  const last = known.at(-1)
  const words = `Share of max in use over ${known.length} runs: the fullest table went from ${percent(known[0]?.fullest ?? 0)} to ${percent(last?.fullest ?? 0)}, the median from ${percent(known[0]?.median ?? 0)} to ${percent(last?.median ?? 0)}.`
  if (known.length < 2) return html`<p class="empty">Too few runs have read a table.</p>`
  return html`<figure class="trend">
    <figcaption>
      <b>Share of max in use</b>: <span class="line-key fullest-key"></span> fullest,
      <span class="line-key median-key"></span> median host, over ${known.length} runs. The dotted lines stand
      at 75 and 90 %.
    </figcaption>
    <div class="plot">
      <svg
        width="100%"
        height="150"
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        role="img"
        aria-label="${words}"
      >
        <line class="limit" x1="0" x2="100" y1="${y(0.9).toFixed(2)}" y2="${y(0.9).toFixed(2)}"></line>
        <line class="limit" x1="0" x2="100" y1="${y(0.75).toFixed(2)}" y2="${y(0.75).toFixed(2)}"></line>
        <line class="axis" x1="0" x2="100" y1="100" y2="100"></line>
        <polyline class="median-line" points="${line(({ median }) => median)}"></polyline>
        <polyline class="fullest-line" points="${line(({ fullest }) => fullest)}"></polyline>
      </svg>
    </div>
    <p class="key ends">
      <span>${when(known[0]?.started ?? '')}</span><span>${when(last?.started ?? '')}</span>
    </p>
  </figure>`
}
