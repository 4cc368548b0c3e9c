import { type Command, Option } from 'commander'
import type { Context } from './context.ts'

/** `conntrackctl completion`: what a shell evaluates, and what that asks back. */
export function defineCompletion(
  program: Command,
  finish: (exitCode: number) => void,
  context: Context,
): void {
  program
    .command('completion')
    .description('print completion for a shell: commands, options, hosts, groups, runs')
    .argument('<shell...>', 'bash, zsh or fish')
    .addOption(new Option('--answer', 'complete the words that follow').hideHelp())
    .action(async (words: string[], options) => {
      const { completion } = await import('./completion.ts')
      finish(await completion(words, options.answer === true, program, context))
    })
}
