import { exitCodes } from '../exit-codes.ts'
import { painter } from '../report/paint.ts'
import type { Target } from '../ssh/target.ts'
import { openScreen } from '../watch/terminal-screen.ts'
import { hostRows, renderWatch } from '../watch/render-watch.ts'
import { firstView, pressKey } from '../watch/view-state.ts'
import { type FleetWatch, type WatchedFleet, watchFleet } from '../watch/watch-fleet.ts'
import { hostJsonLine, summaryLines, tableLines } from '../watch/watch-lines.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { prepareTargets } from './prepare-targets.ts'

export interface WatchOptions extends Omit<RunOptions, 'output'> {
  readonly output: 'text' | 'jsonl'
  /** Seconds from one look at a host to the next. */
  readonly interval: number
  readonly once?: boolean
}

/**
 * `conntrackctl watch [PATTERN]`: how full the tables are, again and again, until it is stopped: on a terminal as a
 * screen that takes keys, elsewhere as lines. Changes nothing and records nothing. Gives the exit status.
 *
 * Throws InputError, UsageError: no host was contacted then.
 */
export async function watchCommand(
  pattern: string,
  options: WatchOptions,
  context: Context,
): Promise<number> {
  const targets = await prepareTargets(pattern, { ...options, output: 'text' }, context)
  const { env, stdin, stdout, stopping, unheard } = context
  const ending = new AbortController()
  const watch = {
    intervalSeconds: options.interval,
    once: options.once === true,
    forks: options.forks,
    signal: AbortSignal.any([ending.signal, stopping, unheard]),
    clock: () => performance.now() / 1000,
    random: context.random,
  }
  if (options.output === 'jsonl') return asJson(targets, watch, context)
  if (watch.once) return once(targets, watch, context)
  const isScreen = stdout.isTty && stdin.isTTY && env['TERM'] !== 'dumb'
  return isScreen ? onScreen(targets, watch, context, ending) : asLines(targets, watch, context)
}

type Watch = Omit<FleetWatch, 'onNews'>

async function asJson(targets: readonly Target[], watch: Watch, { stdout, now }: Context): Promise<number> {
  const fleet = watchFleet(targets, { ...watch, onNews: (host) => stdout.write(hostJsonLine(host, now())) })
  await fleet.ended
  return watch.once ? statusOf(fleet) : exitCodes.as_desired.code
}

async function once(targets: readonly Target[], watch: Watch, { stdout }: Context): Promise<number> {
  const fleet = watchFleet(targets, { ...watch, onNews: () => {} })
  await fleet.ended
  stdout.write(tableLines(fleet.hosts))
  return statusOf(fleet)
}

/** A block of lines each interval, for logs and for terminals without colour. */
async function asLines(targets: readonly Target[], watch: Watch, { stdout, now }: Context): Promise<number> {
  const fleet = watchFleet(targets, { ...watch, onNews: () => {} })
  const timer = setInterval(
    () => stdout.write(summaryLines(fleet.hosts, now())),
    watch.intervalSeconds * 1000,
  )
  await fleet.ended
  clearInterval(timer)
  return exitCodes.as_desired.code
}

/** Frames a second at most: news of thousands of hosts come one by one. */
const framesPerSecond = 5

async function onScreen(
  targets: readonly Target[],
  watch: Watch,
  { stdin, stdout }: Context,
  ending: AbortController,
): Promise<number> {
  let state = firstView
  let exitCode: number = exitCodes.as_desired.code
  let isDue = true
  const fleet = watchFleet(targets, { ...watch, onNews: () => (isDue = true) })
  const draw = (): void => {
    isDue = false
    screen.draw(
      renderWatch({
        ...screen.size(),
        hosts: fleet.hosts,
        state,
        intervalSeconds: watch.intervalSeconds,
        nowSeconds: watch.clock(),
        paint: painter(stdout.hasColor),
      }),
    )
  }
  const onKey = (key: string): void => {
    const pressed = pressKey(state, key, fleet.hosts, hostRows(screen.size().rows))
    state = pressed.state
    if (pressed.effect === 'retry') fleet.retry()
    if (pressed.effect === 'interrupt') exitCode = exitCodes.interrupted.code
    if (pressed.effect === 'quit' || pressed.effect === 'interrupt') ending.abort()
    else draw()
  }
  using screen = openScreen(stdin, stdout.stream, onKey, () => draw())
  draw()
  const timer = setInterval(() => {
    if (isDue) draw()
  }, 1000 / framesPerSecond)
  await fleet.ended
  clearInterval(timer)
  return exitCode
}

/** Of `--once`: whether all could be asked. */
function statusOf({ hosts }: WatchedFleet): number {
  const isLost = hosts.some(({ state }) => state !== 'live' && state !== 'no_table')
  return isLost ? exitCodes.unreachable.code : exitCodes.as_desired.code
}
