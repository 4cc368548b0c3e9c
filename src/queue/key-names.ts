/** Of what is said over Redis; another one shares no key with this. */
export const protocol = 1

/** What BullMQ puts before the names of its queues, one for each zone. */
export const queuePrefix = `conntrackctl-${protocol}`

// The runners of all versions are listed in one place, so that each can be told what the others are.

/** A hash: the runners of a zone, each with what it is. */
export function runnersKey(zone: string): string {
  return `conntrackctl:runners:${zone}`
}

/** Is there as long as the runner is. */
export function presenceKey(runner: string): string {
  return `conntrackctl:runner:${runner}`
}

/** Is there as long as the coordinator of a run is. */
export function runKey(run: string): string {
  return `${queuePrefix}:run:${run}`
}

/** A list: what runners tell the coordinator of a run. */
export function coordinatorBox(run: string): string {
  return `${queuePrefix}:to-run:${run}`
}

/** A list: what coordinators tell a runner. */
export function runnerBox(runner: string): string {
  return `${queuePrefix}:to-runner:${runner}`
}
