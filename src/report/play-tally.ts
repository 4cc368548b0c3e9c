import type { RunEvent } from '../fleet/run-event.ts'
import type { Stage } from '../ssh/failure.ts'
import { printable } from '../printable.ts'
import type { HostResult, Totals } from './host-result.ts'
import { countStatuses } from './host-result.ts'
import { calmFirst, isTrouble } from './outcomes.ts'

/** How far a play is: what progress shows. */
export interface PlayTally {
  readonly play: string
  readonly hosts: number
  readonly done: number
  readonly totals: Totals
  /** Hosts under way at each stage, in the order of the stages. */
  readonly stages: readonly (readonly [stage: Stage, hosts: number])[]
  /** The latest hosts in trouble, a line each, the newest last. */
  readonly troubles: readonly string[]
}

/** Counts the events of one play; it keeps a word for each host under way, and no more than `mostTroubles` lines. */
export interface PlayCounter {
  add(event: RunEvent): void
  tally(): PlayTally
}

const stageOrder: readonly Stage[] = ['connect', 'login', 'become', 'read', 'apply', 'verify']

/** Begins to count a play of so many hosts. */
export function countPlay(play: string, hosts: number, mostTroubles: number): PlayCounter {
  const underWay = new Map<string, Stage>()
  const totals = { ...countStatuses([]) }
  let done = 0
  const troubles: string[] = []
  return {
    add: (event) => {
      if (event.kind === 'stage_reached') underWay.set(event.host, event.stage)
      if (event.kind !== 'host_finished' && event.kind !== 'host_revised') return
      const { result } = event
      underWay.delete(result.host)
      if (event.kind === 'host_finished') done += 1
      else totals[event.before] -= 1
      totals[result.status] += 1
      if (isTrouble(result.status)) troubles.push(troubleLine(result))
      if (troubles.length > mostTroubles) troubles.shift()
    },
    tally: () => {
      const counts = new Map<Stage, number>()
      for (const stage of underWay.values()) counts.set(stage, (counts.get(stage) ?? 0) + 1)
      const stages = stageOrder.flatMap((stage) => {
        const count = counts.get(stage)
        return count === undefined ? [] : [[stage, count] as const]
      })
      return { play, hosts, done, totals: { ...totals }, stages, troubles: [...troubles] }
    },
  }
}

/** `web07: unreachable: auth (login): no key was accepted`, on one line and safe to show. */
export function troubleLine({ host, status, error, findings }: HostResult): string {
  const [message = ''] = (
    error?.message ??
    findings.find(({ severity }) => severity === 'error')?.message ??
    ''
  ).split('\n')
  const what = error === null ? message : `${error.kind} (${error.stage}): ${message}`
  return printable(`${host}: ${status}${what === '' ? '' : `: ${what}`}`)
}

/** `3 failed  2 unreachable`: the statuses in trouble that there are. */
export function troubleCounts(totals: Totals): string[] {
  return calmFirst
    .filter((status) => isTrouble(status) && totals[status] > 0)
    .map((status) => `${totals[status]} ${status}`)
}
