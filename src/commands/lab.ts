import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodes } from '../exit-codes.ts'
import { describeHosts, suggestCommands } from '../lab/describe-lab.ts'
import { runDemo } from '../lab/run-demo.ts'
import { startLab } from '../lab/start-lab.ts'
import { ownFile } from '../own-file.ts'
import { UsageError } from '../problem.ts'
import { quote } from '../ssh/quote.ts'
import type { Context, Output } from './context.ts'

/** What the command takes, as commander gives it. */
export interface LabCommandOptions {
  /** Run the main job on the hosts, then end. */
  readonly demo?: boolean
  /** Keep everything there instead of in a temporary folder. */
  readonly folder?: string
  /** End after so many seconds. */
  readonly for?: string
}

/** The little that the command needs of the process. */
export interface LabContext extends Pick<Context, 'cwd' | 'program' | 'env' | 'stopping'> {
  readonly stdout: Pick<Output, 'write'>
  readonly stderr: Pick<Output, 'write'>
}

/**
 * `conntrackctl lab`: starts the embedded hosts and says what to try on them until it is stopped, or, with
 * `--demo`, shows the main job on them. Gives the exit status. Throws UsageError, InputError.
 */
export async function labCommand(options: LabCommandOptions, context: LabContext): Promise<number> {
  const seconds = readSeconds(options.for)
  const isDemo = options.demo === true
  if (options.folder !== undefined)
    return await runLab(ownFolder(resolve(context.cwd, options.folder), isDemo), isDemo, seconds, context)

  const folder = temporaryFolder()
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  // A reader of our output that goes away ends the program from outside of this function.
  process.once('exit', remove)
  try {
    return await runLab(folder, isDemo, seconds, context)
  } finally {
    remove()
    process.off('exit', remove)
  }
}

async function runLab(
  folder: string,
  isDemo: boolean,
  seconds: number | null,
  context: LabContext,
): Promise<number> {
  const { env, stdout, stderr, stopping, program } = context
  await using lab = await startLab({ folder, path: hostsPath(env['PATH']) })
  const playbooks = fileURLToPath(ownFile('playbooks'))
  cpSync(playbooks, join(folder, 'playbooks'), { recursive: true })
  stdout.write(describeHosts(lab))
  if (isDemo) {
    const wrong = await runDemo({ hosts: lab.hosts, folder, program, env, write: stdout.write, stopping })
    for (const sentence of wrong) stderr.write(`demo: ${sentence}\n`)
    return wrong.length === 0 ? exitCodes.as_desired.code : exitCodes.internal.code
  }
  stdout.write(`\n${suggestCommands(folder, programWord(context))}Ctrl-C ends the lab.\n`)
  await ended(seconds, stopping)
  return exitCodes.as_desired.code
}

function readSeconds(written: string | undefined): number | null {
  if (written === undefined) return null
  const seconds = Number(written)
  if (!/^\d{1,6}$/.test(written) || seconds < 1)
    throw new UsageError(`--for takes whole seconds, not ${written}`)
  return seconds
}

/** Others may pass through it to the hosts' folders, where the shells run as nobody when root starts the lab. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-lab-'))
  chmodSync(folder, 0o711)
  return folder
}

/** A folder of the user's is only taken when nothing of his can be lost in it. */
function ownFolder(folder: string, isFresh: boolean): string {
  const isLab = existsSync(join(folder, 'lab.yml'))
  if (isLab && isFresh)
    throw new UsageError(`--demo wants hosts that nobody has changed yet, and ${folder} holds an earlier lab`)
  if (!isLab && existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(
      `--folder ${folder} has other things in it; choose an empty folder, or one of an earlier lab`,
    )
  return folder
}

/** The usual places first, so that the hosts are alike for all users; then the user's own, for systems without them. */
function hostsPath(own: string | undefined): string {
  return ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', own ?? '']
    .filter(Boolean)
    .join(delimiter)
}

/** What starts this program from a shell: its name where that is installed. */
function programWord({ env, program }: LabContext): string {
  const isInstalled = (env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, 'conntrackctl')))
  return isInstalled ? 'conntrackctl' : `node ${quote(program)}`
}

/** Resolves when the time is over or the lab is to stop. */
function ended(seconds: number | null, stopping: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = seconds === null ? undefined : setTimeout(done, seconds * 1000)
    const finish = (): void => {
      clearTimeout(timer)
      done()
    }
    stopping.addEventListener('abort', finish, { once: true })
    if (stopping.aborted) finish()
  })
}
