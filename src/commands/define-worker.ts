import type { Command } from 'commander'
import type { Context } from './context.ts'
import { workerOptions } from './options.ts'

export function defineWorker(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('worker')
    .description('serve a queue: do the work of coordinators elsewhere on the hosts of a zone')
  for (const option of workerOptions()) command.addOption(option)
  command.action(async (options) => {
    const { worker } = await import('./worker.ts')
    finish(await worker(options, context))
  })
}
