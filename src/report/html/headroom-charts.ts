import type { Headroom } from '../headroom.ts'
import { html, type Markup } from './markup.ts'
import { grouped, percent, plural } from './numbers.ts'

const bins = 11
/** Of the highest bar, pixels. */
const halfHeight = 104
const shownHosts = 12

/**
 * Share of max in use: how the fleet is spread, and the hosts that were nearest to the end. Before and after, unless that
 * is the same for all.
 */
export function headroomSection(tables: readonly Headroom[], isDryRun: boolean): Markup {
  const isStill = tables.every(({ usedBefore, usedAfter }) => usedBefore === usedAfter)
  const later = isStill ? null : isDryRun ? 'after the change' : 'now'
  return html`<section aria-labelledby="headroom">
    <h2 id="headroom">Headroom</h2>
    ${
      tables.length === 0
        ? html`<p class="empty">No table was read in this run.</p>`
        : html`<div class="charts">${distribution(tables, later)}${fullestHosts(tables, later)}</div>`
    }
  </section>`
}

/** A histogram in two halves: upwards what the run found, downwards what it left. One where `later` is null. */
function distribution(tables: readonly Headroom[], later: string | null): Markup {
  const before = counted(tables.map(({ usedBefore }) => usedBefore))
  const after = counted(tables.map(({ usedAfter }) => usedAfter))
  const most = Math.max(...before, ...after, 1)
  const highest = later === null ? 2 * halfHeight : halfHeight
  const heightOf = (count: number): number => (count === 0 ? 0 : Math.max(2, (count / most) * highest))
  const axis = Math.max(...before.map(heightOf)) + 18
  const bar = (count: number, bin: number, half: 'before' | 'after'): Markup | null => {
    if (count === 0) return null
    const height = heightOf(count)
    const x = (bin * 100) / bins
    const y = half === 'before' ? axis - height - 1 : axis + 17
    const label = half === 'before' ? y - 4 : y + height + 12
    return html`<rect
        class="bar-${later === null ? 'after' : half}"
        x="${(x + 0.6).toFixed(2)}%"
        y="${y.toFixed(1)}"
        width="${(100 / bins - 1.2).toFixed(2)}%"
        height="${height.toFixed(1)}"
      ></rect>
      <text class="value" x="${(x + 50 / bins).toFixed(2)}%" y="${label.toFixed(1)}">${grouped(count)}</text>`
  }
  const ticks = Array.from({ length: bins }, (_, bin) => {
    const words = bin === bins - 1 ? '100+' : String(bin * 10)
    return html`<text class="tick" x="${((bin * 100) / bins + 50 / bins).toFixed(2)}%" y="${axis + 12}"
      >${words}</text
    >`
  })
  const over = (counts: readonly number[]): number => counts.slice(8).reduce((sum, count) => sum + count, 0)
  const height = later === null ? axis + 18 : axis + Math.max(...after.map(heightOf)) + 34
  return html`<figure class="spread">
    <figcaption>
      <b>How full ${plural(tables.length, 'table is', 'tables are')}</b>, in percent of max. ${over(before)}
      at 80 or more${later === null ? '' : ` before, ${over(after)} ${later}`}.
    </figcaption>
    <svg width="100%" height="${height}" role="img" aria-label="${spreadWords(before, after, later)}">
      ${before.map((count, bin) => bar(count, bin, 'before') ?? html``)}
      ${later === null ? null : after.map((count, bin) => bar(count, bin, 'after') ?? html``)} ${ticks}
    </svg>
    ${
      later === null
        ? null
        : html`<p class="key">
            <span class="swatch bar-before"></span> before, upwards <span class="swatch bar-after"></span>
            ${later}, downwards
          </p>`
    }
  </figure>`
}

function counted(shares: readonly number[]): readonly number[] {
  const counts = Array.from({ length: bins }, () => 0)
  for (const share of shares) {
    const bin = Math.min(bins - 1, Math.floor(share * 10))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}

function spreadWords(before: readonly number[], after: readonly number[], later: string | null): string {
  const words = before.flatMap((count, bin) => {
    const then = after[bin] ?? 0
    const range = bin === bins - 1 ? '100 percent and more' : `${bin * 10} to ${bin * 10 + 10} percent`
    if (count + then === 0) return []
    return [later === null ? `${range}: ${count}` : `${range}: ${count} before, ${then} ${later}`]
  })
  return `Tables by share of max in use. ${words.join('; ')}.`
}

/** One line a host: an open dot where it was, a full one where it is. */
function fullestHosts(tables: readonly Headroom[], later: string | null): Markup {
  const fullest = tables
    .toSorted(
      (one, other) => Math.max(other.usedBefore, other.usedAfter) - Math.max(one.usedBefore, one.usedAfter),
    )
    .slice(0, shownHosts)
  return html`<figure class="fullest">
    <figcaption>
      <b>The fullest</b>${
        later === null
          ? null
          : html`: <span aria-hidden="true">○</span> before, <span aria-hidden="true">●</span> ${later}`
      }.
      The lines stand at 75 and 90 %.
    </figcaption>
    <ol>
      ${fullest.map(
        ({ host, usedBefore, usedAfter, count, maxAfter }) =>
          html`<li>
            <span class="name" title="${grouped(count)} of ${grouped(maxAfter)} entries">${host}</span>
            ${dumbbell(usedBefore, usedAfter)}
            <span class="shift"
              >${usedBefore === usedAfter ? percent(usedAfter) : `${percent(usedBefore)} → ${percent(usedAfter)}`}</span
            >
          </li>`,
      )}
    </ol>
  </figure>`
}

function dumbbell(before: number, after: number): Markup {
  const at = (share: number): string => `${(1.5 + Math.min(share, 1) * 97).toFixed(2)}%`
  return html`<svg class="dumbbell" width="100%" height="16" aria-hidden="true">
    <line class="track" x1="1.5%" x2="98.5%" y1="8" y2="8"></line>
    <line class="limit" x1="${at(0.75)}" x2="${at(0.75)}" y1="2" y2="14"></line>
    <line class="limit" x1="${at(0.9)}" x2="${at(0.9)}" y1="2" y2="14"></line>
    <line class="way" x1="${at(before)}" x2="${at(after)}" y1="8" y2="8"></line>
    <circle class="was" cx="${at(before)}" cy="8" r="4"></circle>
    <circle class="is ${level(after)}" cx="${at(after)}" cy="8" r="4.5"></circle>
  </svg>`
}

/** A class by how near the end a table is. */
export function level(share: number): 'calm' | 'near' | 'full' {
  return share >= 0.9 ? 'full' : share >= 0.75 ? 'near' : 'calm'
}
