import { printable } from '../../printable.ts'
import { changeRows } from '../change-rows.ts'
import { headroomByHost, type Headroom } from '../headroom.ts'
import type { HostResult, RunResult } from '../host-result.ts'
import { mebibytes } from './numbers.ts'
import { toldLines } from './told-lines.ts'

/** Numbers of the hosts over past runs at most: a page of 5,000 hosts has to stay a page. */
const mostTrendNumbers = 100_000

/**
 * What the page's script knows of each row: the values to sort by, and what it shows when a row is opened. Texts that
 * hosts share stand once, in `texts`, and are named by their number: 5,000 hosts with the same changes cost little.
 */
export function hostData(
  { hosts }: RunResult,
  tables: ReadonlyMap<string, Headroom>,
  history: readonly RunResult[],
): object {
  const texts = new Map<string, number>()
  const named = (text: string): number => {
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, texts.size)
    return texts.size - 1
  }
  const trends = trendByHost(history, hosts.length)
  const rows = hosts.map((host) => rowData(host, tables.get(host.host), named, trends.get(host.host) ?? []))
  return { texts: [...texts.keys()], rows }
}

function rowData(
  host: HostResult,
  table: Headroom | undefined,
  named: (text: string) => number,
  trend: readonly (number | null)[],
): object {
  const { facts, error, findings, play, status } = host
  const safe = (text: string): number => named(printable(text))
  return {
    host: printable(host.host),
    status: named(status),
    play: safe(play),
    used: table?.usedAfter ?? null,
    count: facts?.count ?? null,
    max: table?.maxAfter ?? facts?.max ?? null,
    hashsize: facts?.hashsize ?? null,
    kernel: safe(facts?.kernel ?? ''),
    memory: facts?.memory_bytes === null || facts === null ? null : named(mebibytes(facts.memory_bytes)),
    statistics: Object.entries(facts?.statistics ?? {}).map(([name, value]) => [safe(name), value]),
    changes: changeRows({ status, play, hosts: [host] }).map(({ what, how, state, reason, diff }) => [
      named(what),
      named(how.replace(' -> ', ' → ')),
      named(state),
      named(reason),
      diff === null
        ? null
        : named(
            diff.lines
              .slice(0, 60)
              .map(({ mark, text }) => printable(mark === '@' ? text : `${mark}${text}`))
              .join('\n'),
          ),
    ]),
    findings: findings.map(({ severity, code, message, hint }) => [
      named(severity),
      safe(code),
      safe(message),
      safe(hint),
    ]),
    error:
      error === null ? null : [safe(error.kind), safe(error.stage), safe(error.message), safe(error.hint)],
    told: toldLines([host]).map(safe),
    trend: trend.some((share) => share !== null) ? trend : [],
  }
}

/** Share of max in use by run, in thousandths, null where a run did not read the host. */
function trendByHost(
  history: readonly RunResult[],
  hosts: number,
): ReadonlyMap<string, readonly (number | null)[]> {
  const runs = history.slice(-Math.max(1, Math.floor(mostTrendNumbers / Math.max(hosts, 1))))
  const trends = new Map<string, (number | null)[]>()
  for (const [index, { hosts: results, totals }] of runs.entries())
    for (const { host, usedBefore, usedAfter } of headroomByHost(results).values()) {
      const trend = trends.get(host) ?? runs.map(() => null)
      trends.set(host, trend)
      // A dry run leaves what it found.
      trend[index] = Math.round((totals.pending > 0 ? usedBefore : usedAfter) * 1000)
    }
  return trends
}
