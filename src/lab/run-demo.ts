import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodeOf, exitCodes } from '../exit-codes.ts'
import { readRecord } from '../record/read-record.ts'
import type { Command, Status } from '../report/host-result.ts'
import { compareChanges, compareStatuses, resultWith, takesChanges } from './check-demo.ts'
import { fingerprint } from './fingerprint.ts'
import type { LabHost } from './lab-host.ts'

/** What the demo runs and where it tells of it. */
export interface DemoSettings {
  readonly hosts: readonly LabHost[]
  /** The lab's, with lab.yml and playbooks/ in it: the commands run there. */
  readonly folder: string
  /** The program's own file, to be run by this node. */
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  /** Aborted, it ends after the command that is running. */
  readonly stopping: AbortSignal
}

const playbook = 'playbooks/relieve-now.yml'

/** What each command is for, and how a host ends there that ends as `relieved` at the first apply. */
const steps: readonly {
  readonly command: Command
  readonly says: string
  readonly expect: (relieved: Status) => Status
}[] = [
  {
    command: 'plan',
    says: 'what apply would change, without changing anything',
    expect: (relieved) => (relieved === 'changed' || relieved === 'failed' ? 'pending' : relieved),
  },
  {
    command: 'apply',
    says: 'the main job: change, then read again and compare',
    expect: (relieved) => relieved,
  },
  {
    command: 'verify',
    says: 'live values, and what a reboot would leave',
    expect: (relieved) => (relieved === 'changed' ? 'ok' : relieved),
  },
  {
    command: 'apply',
    says: 'once more: whoever is as wished is left alone',
    expect: (relieved) => (relieved === 'changed' ? 'ok' : relieved),
  },
]

/**
 * Runs the main job on the lab as a user would, the program's own output and all, and holds it to what the hosts'
 * conditions say: exit statuses, the status of each host, and the bytes of its files. Gives a sentence for each
 * thing that went otherwise.
 */
export async function runDemo(settings: DemoSettings): Promise<readonly string[]> {
  const { hosts, folder, write, stopping } = settings
  const state = join(folder, 'state')
  const wrong: string[] = []
  for (const [index, { command, says, expect }] of steps.entries()) {
    if (stopping.aborted) return [...wrong, 'it was stopped before its end']
    const words = [command, playbook, '-i', 'lab.yml', '--state-dir', 'state']
    const before = { roots: rootsOf(hosts), runs: runsIn(state) }
    write(`\n# ${says}\n$ conntrackctl ${words.join(' ')}\n`)
    const code = await runProgram(words, settings)
    write(`exit status ${code}\n`)

    const step = `${command} (command ${index + 1} of ${steps.length})`
    const expected = hosts.map(({ name, condition }) => resultWith(name, expect(condition.relieved)))
    const expectedCode = exitCodeOf({ hosts: expected })
    if (code !== expectedCode) wrong.push(`${step} ended with ${code} instead of ${expectedCode}`)
    const changed = hosts.filter((host) => before.roots.get(host) !== fingerprint(host.root))
    wrong.push(...compareChanges(step, index === 1 ? hosts.filter(takesChanges) : [], changed))
    const [run] = runsIn(state).filter((name) => !before.runs.includes(name))
    if (run !== undefined)
      wrong.push(...compareStatuses(step, expected, await readRecord(join(state, 'runs', run))))
    else if (command === 'apply') wrong.push(`${step} left no record`)
  }
  if (wrong.length === 0) write(`\n${closing(hosts)}\n`)
  return wrong
}

function rootsOf(hosts: readonly LabHost[]): ReadonlyMap<LabHost, string> {
  return new Map(hosts.map((host) => [host, fingerprint(host.root)]))
}

function runsIn(state: string): readonly string[] {
  const folder = join(state, 'runs')
  return existsSync(folder) ? readdirSync(folder) : []
}

function runProgram(words: readonly string[], { folder, program, env }: DemoSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: folder,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? exitCodes.internal.code))
  })
}

function closing(hosts: readonly LabHost[]): string {
  const count = (status: string): number =>
    hosts.filter(({ condition }) => condition.relieved === status).length
  return [
    `All as it should be on ${hosts.length} hosts: ${count('changed')} were changed and verified, ${count('ok')} was right already,`,
    `${count('unsupported') + count('failed')} cannot be as wished and say why, ${count('unreachable')} could not be reached; the second apply changed`,
    'not one byte on any of them.',
  ].join('\n')
}
