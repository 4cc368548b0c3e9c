import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Condition } from '../../src/lab/condition.ts'
import { conditions } from '../../src/lab/conditions.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import { runProgram } from '../golden/run-program.ts'

/** A lab of some kinds of hosts, and the folder where the records of its runs are. */
export interface Fleet extends AsyncDisposable {
  readonly lab: Lab
  readonly folder: string
  readonly stateDir: string
  /** Runs the program; its records go to the fleet's own folder. */
  readonly run: (...words: string[]) => ReturnType<typeof runProgram>
  /** The same with the fleet's inventory. */
  readonly runOn: (...words: string[]) => ReturnType<typeof runProgram>
}

const roles = ['web', 'edge', 'app', 'db', 'nat', 'lb', 'dns', 'mail', 'cache', 'proxy']

/** Ten kinds of hosts as full as a fleet is, from 3 to 99 %, and kinds with something odd about them. */
function fleetConditions(): readonly Condition[] {
  const kind = (name: string): Condition => {
    const found = conditions.find((condition) => condition.name === name)
    if (found === undefined) throw new Error(`no condition ${name}`)
    return found
  }
  const bodies = [kind('web'), kind('edge'), kind('ubuntu'), kind('centos7'), kind('alpine')]
  const shares = [0.93, 0.48, 0.22, 0.11, 0.99, 0.35, 0.05, 0.62, 0.78, 0.15]
  const odd = ['relieved', 'overridden', 'centos5', 'keyless', 'down', 'fresh'].map((name) => kind(name))
  return [
    ...roles.map((name, index): Condition => {
      const body = bodies[index % bodies.length] ?? kind('web')
      const { drops: _drops, ...table } = body.table
      const count = Math.round(table.max * (shares[index] ?? 0.1))
      return {
        ...body,
        name,
        group: name,
        table: { ...table, count, ...(count > 60_000 ? { drops: 1_204 } : {}) },
      }
    }),
    ...odd,
  ]
}

/** Starts a fleet of 16 kinds with so many hosts each, and runs `verify` some times while its tables fill up. */
export async function startFleet(copies: number, earlierRuns: number): Promise<Fleet> {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const folder = mkdtempSync(join(base, 'conntrackctl-fleet-'))
  chmodSync(folder, 0o711)
  const lab = await startLab({ folder, conditions: fleetConditions(), copies })
  const stateDir = join(folder, 'state')
  const env = { CONNTRACKCTL_STATE_DIR: stateDir }
  const run: Fleet['run'] = (...words) => runProgram(words, { env })
  const runOn: Fleet['runOn'] = (...words) => run(...words, '-i', lab.inventoryFile)
  for (let turn = 0; turn < earlierRuns; turn += 1) {
    setCounts(lab, (0.45 + (0.55 * turn) / earlierRuns) * (turn % 3 === 1 ? 0.94 : 1))
    await runOn('verify', 'playbooks/relieve-now.yml', '--quiet')
  }
  setCounts(lab, 1)
  return {
    lab,
    folder,
    stateDir,
    run,
    runOn,
    [Symbol.asyncDispose]: async () => {
      await lab.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Gives each host so much of the entries that its kind has, and a little noise that is the same at each run. */
export function setCounts({ hosts }: Lab, share: number): void {
  for (const [index, { root, condition }] of hosts.entries()) {
    const file = join(root, 'proc/sys/net/netfilter/nf_conntrack_count')
    const noise = 1 - ((index * 7919) % 100) / 180
    if (existsSync(file)) {
      chmodSync(file, 0o644)
      writeFileSync(file, `${Math.round(condition.table.count * share * noise)}\n`)
    }
  }
}
