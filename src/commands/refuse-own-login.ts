import type { Command } from 'commander'
import { UsageError } from '../problem.ts'

/** What a runner is told of the login by whoever coordinates. */
const told = ['user', 'become']

/** Whoever coordinates logs in nowhere: an option that says how would only seem to count. Throws UsageError. */
export function refuseOwnLogin(command: Command): void {
  if (command.name() === 'worker' || command.getOptionValue('queue') === undefined) return
  for (const option of command.options)
    if (
      option.helpGroupHeading === 'Login:' &&
      !told.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli'
    )
      throw new UsageError(
        `${option.long} does not go with --queue: the runners log in, each with its own keys; give it to conntrackctl worker`,
      )
}
