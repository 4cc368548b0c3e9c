/** Of what is said over Redis; another one shares no key with this. */
export const protocol = 1

/** What BullMQ puts before the names of its queues. */
export const queuePrefix = `conntrackctl-${protocol}`

/** Each zone has a queue for each version, so that runners of two may be at work side by side. */
export function queueName(zone: string, version: string): string {
  return `${zone}@${version}`
}

/** A set: the versions whose queues a zone may have. */
export function versionsKey(zone: string): string {
  return `conntrackctl:versions:${zone}`
}

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
