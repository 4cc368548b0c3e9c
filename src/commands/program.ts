import { Command, Option } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import type { Context } from './context.ts'
import { defineCompile } from './define-compile.ts'
import { defineCompletion } from './define-completion.ts'
import { defineImport } from './define-import.ts'
import { defineSchedule } from './define-schedule.ts'
import { defineValidate } from './define-validate.ts'
import { defineWorker } from './define-worker.ts'
import { addExamples } from './examples.ts'
import { inventoryOptions, isForUnattended, runOptions, thresholdOptions } from './options.ts'
import { applyAnsibleConfig } from './apply-ansible-config.ts'
import { refuseOwnLogin } from './refuse-own-login.ts'
import { addReport, addWatch } from './view-commands.ts'

/**
 * The command line as commander knows it. Each command loads its own code when it is called, so that
 * `--help` and shell completion do not wait for ssh2. `finish` gets the exit status.
 */
export function createProgram(context: Context, finish: (exitCode: number) => void): Command {
  const program = new Command('conntrackctl')
    .description('Keeps Linux connection-tracking tables from filling up, on every host at once, over SSH.')
    .version(context.version, '-V, --version')
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', `\n${exitCodeHelp()}\n${examples}`)
    .hook('preAction', async (_program, command) => {
      refuseOwnLogin(command)
      await applyAnsibleConfig(command, context)
    })

  addRun(
    program,
    'plan',
    'read every host and print what apply would change; change nothing',
    finish,
    context,
  )
  addRun(program, 'apply', 'change what differs, verify by a fresh reading, record the run', finish, context)
  addRun(
    program,
    'verify',
    'compare live values and files with the playbook; change nothing',
    finish,
    context,
  )

  addCheck(program, finish, context)
  addDiagnose(program, finish, context)
  addRollback(program, finish, context)
  defineSchedule(program, finish, context)
  defineCompile(program, finish, context)
  defineImport(program, finish, context)
  defineCompletion(program, finish, context)
  defineWorker(program, finish, context)

  defineValidate(program, finish, context)
  const inventory = program
    .command('inventory')
    .description('show hosts and groups as conntrackctl sees them')
    .option('--list', 'all hosts and groups, as JSON')
    .option('--graph', 'the tree of groups')
    .option('--host <name>', 'the variables of one host, as JSON')
    .option('--hosts <pattern>', 'the hosts that a pattern names')
  for (const option of inventoryOptions()) inventory.addOption(option)
  inventory.action(async (options) => {
    const { inventoryCommand } = await import('./inventory.ts')
    finish(await inventoryCommand({ ...options, sources: options.inventory }, context))
  })
  program
    .command('runs')
    .description('list past runs, or show one')
    .argument('[run]', 'its id, the start or end of it, or `last`')
    .option('--state-dir <folder>', 'where the records of runs are kept')
    .addOption(
      new Option('-o, --output <format>', 'of the list or the run').choices(['text', 'json']).default('text'),
    )
    .option(
      '-v, --verbose',
      'list all runs; of one run, show every host',
      (_: string, before: number) => before + 1,
      0,
    )
    .option('-D, --diff', 'show the changed lines of the files on the hosts')
    .action(async (run: string | undefined, options) => {
      const { runsCommand } = await import('./runs.ts')
      finish(await runsCommand(run, options, context))
    })
  addReport(program, finish, context)
  addWatch(program, finish, context)
  program
    .command('lab')
    .description('start embedded SSH hosts on loopback to try it all on, without root')
    .option('--demo', 'run plan, apply, verify and apply again on them, and end')
    .option('--folder <folder>', 'keep the hosts there (default: a temporary folder)')
    .option('--for <seconds>', 'end by itself after this time')
    .action(async (options) => {
      const { labCommand } = await import('./lab.ts')
      // A lab whose first lines went to `head` would stay for ever.
      const stopping = AbortSignal.any([context.stopping, context.unheard])
      finish(await labCommand(options, { ...context, stopping }))
    })
  addExamples(program)
  return program
}

/** Options that a command without changes would only pretend to obey. */
const forChanges = ['--diff', '--allow']

function addCheck(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('check')
    .description('how full the tables are, what was lost and when they will be full; needs no playbook')
    .argument('[pattern]', "which hosts, as Ansible's pattern", 'all')
  for (const option of runOptions()) if (!forChanges.includes(option.long ?? '')) command.addOption(option)
  for (const option of thresholdOptions()) command.addOption(option)
  command.action(async (pattern: string, options) => {
    const { check } = await import('./check.ts')
    finish(await check(pattern, { ...options, allow: [] }, context))
  })
}

function addDiagnose(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('diagnose')
    .description('what fills the tables, why, and what would cure it; writes a playbook for that')
    .argument('[pattern]', "which hosts, as Ansible's pattern", 'all')
  for (const option of runOptions())
    if (!forChanges.includes(option.long ?? '') && !isForUnattended(option)) command.addOption(option)
  command
    .option('-w, --write <playbook>', 'write a commented playbook that does what is advised')
    .option('--overwrite', 'where that file is there already, replace it')
  command.action(async (pattern: string, options) => {
    const { diagnose } = await import('./diagnose.ts')
    finish(await diagnose(pattern, { ...options, allow: [] }, context))
  })
}

function addRollback(program: Command, finish: (exitCode: number) => void, context: Context): void {
  const command = program
    .command('rollback')
    .description('put back what a run found on its hosts: values, bytes and modes')
    .argument('<run>', 'its id, the start or end of it, or `last` for the last apply')
  for (const option of runOptions()) if (!isForUnattended(option)) command.addOption(option)
  command
    .option('-C, --check', 'change nothing, print what would be put back')
    .option('--dry-run', 'the same as --check')
  command.action(async (run: string, options) => {
    const { rollback } = await import('./rollback.ts')
    finish(
      await rollback(run, { ...options, check: options.check === true || options.dryRun === true }, context),
    )
  })
}

function addRun(
  program: Command,
  name: 'plan' | 'apply' | 'verify',
  description: string,
  finish: (exitCode: number) => void,
  context: Context,
): void {
  const command = program
    .command(name)
    .description(description)
    .argument(
      '<playbook>',
      name === 'apply' ? 'the playbook, a YAML file, or a saved plan' : 'the playbook, a YAML file',
    )
  for (const option of runOptions()) command.addOption(option)
  if (name === 'apply')
    command
      .option('-C, --check', 'change nothing: the same as plan')
      .option('--dry-run', 'the same as --check')
  if (name === 'plan')
    command.option(
      '--out <file>',
      'save the plan there, for `apply FILE`: exactly that, on hosts that have not moved',
    )
  command.action(async (playbook: string, options) => {
    const { runPlaybook } = await import('./run-playbook.ts')
    const check = options.check === true || options.dryRun === true
    finish(await runPlaybook(check ? 'plan' : name, playbook, { ...options, check }, context))
  })
}

function exitCodeHelp(): string {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`)
  return ['Exit status:', ...rows].join('\n')
}

const examples = `
Examples:
  conntrackctl plan playbooks/prevent.yml -i hosts.ini
      what would change, on every host; nothing is changed
  conntrackctl apply playbooks/relieve-now.yml -i hosts.ini -l web --diff
      relieve the group web, and show what its files become
  conntrackctl apply playbooks/prevent.yml -i 'web01,web02,' -u ops --become
      two hosts without an inventory, through sudo
  conntrackctl verify playbooks/prevent.yml -i hosts.ini --quiet --output json
      for cron and for programs
  conntrackctl check web -i hosts.ini
      how full the tables of the group web are, what was lost, and when they will be full
  conntrackctl diagnose web07 -i hosts.ini --write fix-web07.yml
      what fills the table of one host, and a playbook against it
  conntrackctl lab --demo
      all of it on embedded hosts
`
