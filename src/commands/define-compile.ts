import { type Command, Option } from 'commander'
import type { Context } from './context.ts'
import { runOptions } from './options.ts'

/** Options of a run that decide what is wished, or what is let through. */
const shared: ReadonlySet<string> = new Set([
  ...['--inventory', '--extra-vars', '--allow', '--state-dir'],
  ...['--vault-password-file', '--vault-pass-file', '--vault-id', '--ask-vault-pass'],
])

/** `conntrackctl compile`: one script for one host. */
export function defineCompile(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('compile')
    .description(
      'make one script for sh that applies and verifies a playbook on a host by itself, without Node.js',
    )
    .argument('<playbook>', 'the playbook, a YAML file')
    .addOption(new Option('--host <name>', 'the host, as the inventory names it').makeOptionMandatory())
    .addOption(new Option('-o, --output <file>', 'write the script there (default: to stdout)'))
  for (const option of runOptions()) if (shared.has(option.long ?? '')) command.addOption(option)
  command.action(async (playbook: string, options) => {
    const { compile } = await import('./compile.ts')
    finish(await compile(playbook, options, context))
  })
}
