import type { RunEvent } from '../fleet/run-event.ts'
import type { Command } from './host-result.ts'
import { plainProgress } from './plain-progress.ts'
import { countPlay, type PlayCounter } from './play-tally.ts'
import type { ProgressSink } from './progress-sink.ts'

export interface Progress {
  /** Takes note of an event; never throws and never waits. */
  event(event: RunEvent): void
  /** Ends the drawing. Resolves when nothing more will be written, so that the report can follow. */
  stop(): Promise<void>
}

/**
 * Shows how a run goes: on a terminal a drawing with a row for each play and the latest hosts in trouble, never a row
 * for each host of a fleet; elsewhere a few plain lines; nothing at all when it shall be quiet. `details` gives the lines
 * of -vv and more.
 */
export function startProgress(
  sink: ProgressSink,
  command: Command,
  isQuiet: boolean,
  details: (event: RunEvent) => readonly string[] = () => [],
): Progress {
  if (isQuiet) return { event: () => {}, stop: async () => {} }
  const progress = sink.isTty ? drawn(sink) : plain(sink, command)
  return {
    stop: () => progress.stop(),
    event: (event) => {
      for (const line of details(event)) sink.stream.write(`${line}\n`)
      progress.event(event)
    },
  }
}

function plain({ stream }: ProgressSink, command: Command): Progress {
  const linesFor = plainProgress(command)
  return {
    event: (event) => {
      for (const line of linesFor(event)) stream.write(`${line}\n`)
    },
    stop: async () => {},
  }
}

const mostTroubles = 5

function drawn(sink: ProgressSink): Progress {
  let drawings = Promise.resolve()
  let current: { readonly counter: PlayCounter; readonly end: () => void } | null = null

  const begin = (play: string, hosts: number): void => {
    current?.end()
    const counter = countPlay(play, hosts, mostTroubles)
    const { promise: over, resolve: end } = withResolver()
    current = { counter, end }
    drawings = drawAfter(drawings, sink, counter, over)
  }
  const end = (): void => {
    current?.end()
    current = null
  }

  return {
    event: (event) => {
      if (event.kind === 'play_started') begin(event.play, event.hosts)
      else if (event.kind === 'play_finished') end()
      else current?.counter.add(event)
    },
    stop: async () => {
      end()
      await drawings
    },
  }
}

/** One drawing at a time. One that fails must not cost the report, so nothing is thrown. */
async function drawAfter(
  earlier: Promise<void>,
  sink: ProgressSink,
  counter: PlayCounter,
  over: Promise<void>,
): Promise<void> {
  await earlier
  try {
    // listr2 costs time to load, which runs without a terminal need not spend.
    const { drawPlay } = await import('./terminal-progress.ts')
    await drawPlay(sink, () => counter.tally(), over)
  } catch (error) {
    sink.stream.write(`progress cannot be drawn: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
