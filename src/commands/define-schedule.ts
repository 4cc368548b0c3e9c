import type { Command } from 'commander'
import { Option } from 'commander'
import type { Context } from './context.ts'
import { collectGiven } from './given-options.ts'
import { runOptions } from './options.ts'

/** Options of a run that a job has already, or that need somebody who watches. */
const notForJobs: ReadonlySet<string> = new Set(['--cron', '--output', '--quiet', '--check'])

/** `conntrackctl schedule`: its own options, and those of the run that shall happen by itself. */
export function defineSchedule(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('schedule')
    .description('have a playbook run by itself: print, install, list and remove jobs of cron and systemd')
    .argument('[playbook]', 'the playbook that shall run')
  for (const option of [
    new Option('--every <time>', 'run every 15m, 1h, 6h, 1d: what divides an hour or a day'),
    new Option('--at <time>', "run each day at 03:30, or each week at 'Sun 03:30'"),
    new Option('--when <fields>', "run as crontab(5) has it: '*/15 6-22 * * 1-5', or @hourly, @daily"),
  ])
    command.addOption(option.helpGroup('Time:'))
  for (const option of [
    new Option('--install', 'write the job; without it, print exactly what would be written'),
    new Option('--remove', 'take the job away'),
    new Option('--list', 'the jobs on this machine, of all three kinds'),
    new Option('--run <command>', 'what the job does').choices(['apply', 'plan', 'verify']).default('apply'),
    new Option('--name <name>', "the job's name (default: the playbook's)"),
    new Option('--cron-d <name>', 'as the file /etc/cron.d/NAME instead of in your crontab; needs root'),
    new Option('--systemd', 'as a systemd service and timer; of your own systemd unless you are root'),
    new Option('--dry-run', 'with --install or --remove: change nothing, print what would be written'),
    new Option('-o, --output <format>', 'of --list').choices(['text', 'json']).default('text'),
  ])
    command.addOption(option.helpGroup('Job:'))
  for (const option of runOptions()) if (!notForJobs.has(option.long ?? '')) command.addOption(option)
  const given = collectGiven(command)
  command.action(async (playbook: string | undefined, options) => {
    const { schedule } = await import('./schedule.ts')
    finish(await schedule(playbook, options, given, context))
  })
}
