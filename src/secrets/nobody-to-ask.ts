import { UsageError } from '../problem.ts'

/** For an option that asks, such as `--ask-pass`, where there is no terminal; `instead` is the option that does not. */
export function nobodyToAsk(option: string, instead: string): UsageError {
  return new UsageError(
    `${option} asks on a terminal, and there is none; use ${instead}, which may be a program that prints it`,
  )
}
