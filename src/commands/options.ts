import { Option } from 'commander'
import { type GuardName, guardNames } from '../plan/rule.ts'
import { type Shard } from '../inventory/shard.ts'
import type { Keep } from '../record/prune-runs.ts'
import type { Transport } from '../ssh/target.ts'
import { loginOptions } from './login-options.ts'
import { queueOptions } from './queue-options.ts'
import { optionDefaults } from './option-defaults.ts'
import { collect, oneOf, count, shard, duration, url, keep, recorded } from './option-values.ts'

/** What the playbook commands take, as commander gives it. */
export interface RunOptions {
  readonly inventory: readonly string[]
  readonly limit?: string
  readonly shard?: Shard
  readonly forks: number
  /** Threads; null: as many as pay. */
  readonly workers?: number
  /** As written. */
  readonly queue?: string
  readonly queuePasswordFile?: string
  readonly queueCa?: string
  readonly queueCert?: string
  readonly queueKey?: string
  readonly signingKey?: string
  readonly trust?: string
  /** Seconds. */
  readonly runnerTimeout?: number
  readonly extraVars: readonly string[]
  readonly vaultId: readonly string[]
  readonly vaultPasswordFile: readonly string[]
  readonly askVaultPass?: boolean
  readonly user?: string
  readonly become?: boolean
  readonly becomeMethod: 'sudo' | 'su' | 'doas'
  readonly becomeUser: string
  readonly keyFile?: string
  readonly askPass?: boolean
  readonly connPassFile?: string
  readonly askBecomePass?: boolean
  readonly becomePassFile?: string
  readonly askKeyPassphrase?: boolean
  readonly keyPassphraseFile?: string
  readonly connection: 'ssh' | Transport
  /** False where `ansible.cfg` switches it off; there is no option for it. */
  readonly hostKeyChecking?: boolean
  readonly timeout?: number
  readonly retries: number
  /** `failed`, or `failed@RUN`. */
  readonly rerun?: string
  readonly loginTimeout: number
  readonly commandTimeout: number
  readonly sshCommonArgs?: string
  readonly diff?: boolean
  readonly verbose: number
  readonly output: 'text' | 'json' | 'jsonl' | 'junit'
  readonly quiet?: boolean
  readonly stateDir?: string
  readonly logFile?: string
  readonly allow: readonly GuardName[]
  readonly check?: boolean
  /** Where `plan` saves what is to be done. */
  readonly out?: string
  /** Seconds for the whole run. */
  readonly deadline?: number
  readonly cron?: boolean
  /** Seconds. */
  readonly lockWait?: number
  /** Seconds. */
  readonly splay?: number
  readonly pingUrl?: string
  readonly notifyUrl?: string
  readonly notifyCommand?: string
  readonly keep?: Keep
}

/** What `check` takes besides. */
export interface CheckOptions extends RunOptions {
  /** Percent of max. */
  readonly warn: number
  /** Percent of max. */
  readonly critical: number
}

/** What `diagnose` takes besides. */
export interface DiagnoseOptions extends RunOptions {
  /** Path for a playbook. */
  readonly write?: string
  readonly overwrite?: boolean
}

/** Options that several commands share, Ansible's names where it has one. Grouped as `--help` shows them. */
export function inventoryOptions(): readonly Option[] {
  return [
    grouped('Hosts:', [
      new Option(
        '-i, --inventory <source>',
        "INI or YAML file, program, folder of such, or 'h1,h2,' (repeatable; default: that of ansible.cfg)",
      )
        .argParser(collect)
        .default([], 'none'),
      new Option('-l, --limit <pattern>', "only these of the play's hosts, e.g. 'web:!web07'"),
      new Option(
        '-e, --extra-vars <vars>',
        'k=v, or @file.yml: variables that beat those of the inventory (repeatable)',
      )
        .argParser(collect)
        .default([], 'none'),
      new Option(
        '--vault-pass-file, --vault-password-file <file>',
        'the password of ansible-vault, or a program that prints it (repeatable)',
      )
        .argParser(collect)
        .default([], 'none'),
      new Option('--vault-id <label@file>', 'the same for what bears a label; label@prompt asks (repeatable)')
        .argParser(collect)
        .default([], 'none'),
      new Option('-J, --ask-vault-pass', 'ask for the password of ansible-vault'),
    ]),
  ].flat()
}

export function runOptions(): readonly Option[] {
  return [
    ...inventoryOptions(),
    ...grouped('Hosts:', [
      new Option(
        '--shard <k/n>',
        'only the k-th of n parts of the hosts, by their names: for n runs that share a fleet',
      ).argParser(shard),
      new Option(
        '--rerun <which>',
        'only hosts that ended so in the last run of the playbook (without one: of any): failed, unreachable, changed, pending, …, or failed@RUN; the same as --limit @failed',
      ).argParser(recorded),
      new Option('-f, --forks <n>', 'hosts at once').argParser(count(1, 5000)).default(optionDefaults.forks),
      new Option(
        '--workers <n>',
        'threads that share the hosts (default: one for each core, for a small fleet just one)',
      ).argParser(count(1, 64)),
    ]),
    ...grouped('Runners:', [
      ...queueOptions(),
      new Option(
        '--runner-timeout <time>',
        'a runner that is silent for so long is lost (default: 30s)',
      ).argParser(duration),
    ]),
    ...grouped('Login:', loginOptions()),
    ...grouped('Report:', [
      new Option('-o, --output <format>', 'what goes to stdout')
        .choices(['text', 'json', 'jsonl', 'junit'])
        .default('text'),
      new Option('-D, --diff', 'show the changed lines of the files on the hosts'),
      new Option(
        '-v, --verbose',
        'report every host, every finding and what was read; -vv: each step as it happens, on stderr; -vvv: the way to each host and every value',
      )
        .argParser((_: string, before: number) => before + 1)
        .default(0),
      new Option('-q, --quiet', 'no progress on stderr, only errors'),
      new Option('--state-dir <folder>', 'where the records of runs are kept'),
      new Option('--log-file <file>', 'add what happens to this file, one JSON object a line'),
    ]),
    ...grouped('Safety:', [
      new Option('--allow <guard>', 'lift a guard by its name (repeatable)')
        .choices([...guardNames])
        .argParser(oneOf(guardNames))
        .default([], 'none'),
      new Option(
        '--deadline <time>',
        'no further host is begun after this time (90s, 10m); those under way have 30 s more',
      ).argParser(duration),
    ]),
    ...grouped('Unattended:', [
      new Option(
        '--cron',
        'for cron: one run of a playbook at a time, silent unless something begins, changes or is over',
      ),
      new Option('--lock-wait <time>', 'with --cron: wait so long for another run of the playbook').argParser(
        duration,
      ),
      new Option(
        '--splay <time>',
        'with --cron: begin up to so much later, always the same for a machine and a playbook',
      ).argParser(duration),
      new Option(
        '--ping-url <url>',
        'with --cron: tell a monitor, as healthchecks.io has it: URL/start, then URL/STATUS with what there is to tell; @file holds a secret one',
      ).argParser(url),
      new Option(
        '--notify-url <url>',
        'with --cron: post what there is to tell to a webhook, as JSON that Slack understands; or @file',
      ).argParser(url),
      new Option(
        '--notify-command <command>',
        'with --cron: a shell command that gets the same JSON on its standard input; or @file',
      ),
      new Option(
        '--keep <runs>',
        'with --cron: how many records of runs to keep (100), or of how many days (30d)',
      ).argParser(keep),
    ]),
  ]
}

/** What `worker` takes: the queue, and all that it needs to log in to hosts. */
export function workerOptions(): readonly Option[] {
  const login = runOptions().filter(
    ({ helpGroupHeading, long }) =>
      helpGroupHeading === 'Login:' || long === '--forks' || long === '--workers',
  )
  return [
    ...grouped('Runners:', [
      ...queueOptions(),
      new Option('--zone <name>', 'serve the hosts whose variable `zone` says so'),
    ]),
    ...login,
  ]
}

export function thresholdOptions(): readonly Option[] {
  return [
    new Option('--warn <percent>', 'percent of max from which a table is told of')
      .argParser(count(1, 100))
      .default(optionDefaults.warn),
    new Option('--critical <percent>', 'percent of max from which it is urgent')
      .argParser(count(1, 100))
      .default(optionDefaults.critical),
  ]
}

/** What it takes to reach hosts, for commands that have nothing to do with playbooks. */
export function reachOptions(): readonly Option[] {
  return runOptions().filter(({ helpGroupHeading }) => ['Hosts:', 'Login:'].includes(helpGroupHeading ?? ''))
}

export function watchOptions(): readonly Option[] {
  return grouped('Report:', [
    new Option('--interval <time>', 'from one look at a host to the next')
      .argParser(duration)
      .default(2, '2s'),
    new Option('--once', 'look once at every host, print them all and end'),
    new Option('-o, --output <format>', 'what goes to stdout').choices(['text', 'jsonl']).default('text'),
    new Option('--state-dir <folder>', 'where the records of runs are kept, for --rerun and --limit @failed'),
  ])
}

/** Does an option belong to runs that nobody watches? */
export function isForUnattended({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === 'Unattended:'
}

function grouped(heading: string, options: readonly Option[]): readonly Option[] {
  return options.map((option) => option.helpGroup(heading))
}
