import { Argument, type Command } from 'commander'
import type { Context } from './context.ts'
import { inventoryOptions } from './options.ts'

/** What names other hosts or fewer of them: an inventory is checked whole. */
const ofRuns = ['--inventory', '--limit']

/** Of what there is a JSON Schema. */
export const schemaNames = ['playbook', 'inventory', 'result', 'plan', 'log'] as const

/** `conntrackctl validate` and `conntrackctl schema`: the files of the user, before any host is contacted. */
export function defineValidate(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const validate = program
    .command('validate')
    .description('check playbooks and inventories, all problems at once, with line and column')
    .argument(
      '<file...>',
      'playbooks or a folder of them, inventories in any form, files of group_vars and host_vars',
    )
  for (const option of inventoryOptions()) if (!ofRuns.includes(option.long ?? '')) validate.addOption(option)
  validate.action(async (files: string[], options) => {
    const { validate: run } = await import('./validate.ts')
    finish(await run(files, options, context))
  })
  program
    .command('schema')
    .description('print a JSON Schema, for editors: that of playbooks, or another one')
    .addArgument(new Argument('[of]', 'what it describes').choices(schemaNames).default('playbook'))
    .action(async (name: (typeof schemaNames)[number]) => {
      const { schema } = await import('./schema.ts')
      finish(schema(name, context.stdout.write))
    })
}
