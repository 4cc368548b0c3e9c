import { readdirSync, readFileSync } from 'node:fs'

/** What the processes of this machine show of themselves while something runs. */
export interface Sampling {
  /** Ends it; gives all that was seen: command lines and environments, each once. */
  readonly stop: () => readonly string[]
  readonly rounds: () => number
}

/** Looks at `/proc/PID/cmdline` and `environ` as often as it can; those of the processes in `except` are left out. */
export function sampleProcesses(except: readonly number[]): Sampling {
  const seen = new Set<string>()
  let rounds = 0
  const look = (): void => {
    rounds += 1
    for (const pid of readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && !except.includes(Number(name)),
    ))
      for (const file of ['cmdline', 'environ'])
        try {
          seen.add(readFileSync(`/proc/${pid}/${file}`, 'latin1'))
        } catch {
          // It has ended meanwhile, or is none of ours.
        }
  }
  const timer = setInterval(look, 15)
  return {
    stop: () => {
      clearInterval(timer)
      return [...seen]
    },
    rounds: () => rounds,
  }
}
