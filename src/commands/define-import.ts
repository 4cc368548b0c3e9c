import type { Command } from 'commander'
import type { Context } from './context.ts'

/** `conntrackctl import`: a playbook out of a sysctl.conf. */
export function defineImport(program: Command, finish: (exitCode: number) => void, context: Context): void {
  program
    .command('import')
    .description(
      'make a playbook of a sysctl.conf or a file of modprobe.d, and point out what is wrong there',
    )
    .argument('<file...>', 'the files, in the order in which they are read at boot')
    .option('--hosts <pattern>', 'whom the playbook is for', 'all')
    .option('--write <file>', 'write the playbook there (default: to stdout)')
    .action(async (files: string[], options) => {
      const { importSettings } = await import('./import-settings.ts')
      finish(await importSettings(files, options, context))
    })
}
