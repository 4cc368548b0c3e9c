import { type Command, Option } from 'commander'
import type { Context } from './context.ts'
import { reachOptions, watchOptions } from './options.ts'
import { reportFormats } from './report-formats.ts'

/** `watch`: the fleet as it is now. */
export function addWatch(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('watch')
    .description('a live view of how full the tables are; changes nothing')
    .argument('[pattern]', "which hosts, as Ansible's pattern", 'all')
  for (const option of [...reachOptions(), ...watchOptions()]) command.addOption(option)
  command.action(async (pattern: string, options) => {
    const { watchCommand } = await import('./watch.ts')
    finish(await watchCommand(pattern, options, context))
  })
}

/** `report`: a run as it was. */
export function addReport(program: Command, finish: (exitCode: number) => void, context: Context): void {
  program
    .command('report')
    .description('show a past run as a page, for a monitor, a build or a chat')
    .argument('<run>', 'its id, the start or end of it, or `last`')
    .addOption(
      new Option(
        '-F, --format <format>',
        'html, markdown, junit, prometheus (for node_exporter), text or json',
      )
        .choices([...reportFormats])
        .default('text'),
    )
    .option('--out <file>', 'write it there, whole or not at all, instead of to stdout')
    .option('--state-dir <folder>', 'where the records of runs are kept')
    .option('-v, --verbose', 'as text: show every host', (_: string, before: number) => before + 1, 0)
    .option('-D, --diff', 'as text: show the changed lines of the files on the hosts')
    .action(async (run: string, options) => {
      const { reportCommand } = await import('./report.ts')
      finish(await reportCommand(run, options, context))
    })
}
