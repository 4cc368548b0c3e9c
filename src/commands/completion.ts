import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { readAnsibleConfig } from '../inventory/ansible-config.ts'
import { readInventory } from '../inventory/load-inventory.ts'
import { UsageError } from '../problem.ts'
import { printable } from '../printable.ts'
import { listRuns } from '../record/list-runs.ts'
import { stateFolder } from '../record/state-folder.ts'
import { completionScripts, type Shell } from './completion-scripts.ts'
import { type Candidate, completeWords } from './completion-words.ts'
import type { Context } from './context.ts'

/** Runs to offer: the newest. */
const mostRuns = 50

/**
 * `conntrackctl completion SHELL`: prints what that shell evaluates. With `answer`, completes a command line instead:
 * `words` are those behind the program's name. Gives the exit status. Throws UsageError.
 */
export async function completion(
  words: readonly string[],
  isAnswer: boolean,
  program: Command,
  context: Context,
): Promise<number> {
  if (!isAnswer) {
    const [shell = ''] = words
    if (!Object.hasOwn(completionScripts, shell) || words.length > 1)
      throw new UsageError(`name a shell: ${Object.keys(completionScripts).join(', ')}`)
    context.stdout.write(completionScripts[shell as Shell])
    return exitCodes.as_desired.code
  }
  const found = await completeWords(program, words, {
    hosts: (inventories) => hostsOf(inventories, context),
    runs: (folder) => runsIn(stateFolder(folder, context)),
  })
  if (found.kind === 'files' || found.kind === 'folders') context.stdout.write(`:${found.kind}\n`)
  if (found.kind === 'words')
    for (const { word, meaning } of found.words)
      context.stdout.write(`${printable(word)}\t${printable(meaning)}\n`)
  return exitCodes.as_desired.code
}

/**
 * What can be read of the inventories, or of that of `ansible.cfg`, also where there is no password for a part of it: nobody
 * wants an error at each TAB.
 */
async function hostsOf(inventories: readonly string[], context: Context): Promise<readonly Candidate[]> {
  const { cwd, env } = context
  const known = inventories.length > 0 ? inventories : await usualInventories(context)
  const { inventory } = await readInventory(known, { cwd, env })
  if (inventory === null) return []
  return [
    ...[...inventory.groups.keys()].map((word) => ({ word, meaning: 'group' })),
    ...[...inventory.hosts.keys()].map((word) => ({ word, meaning: 'host' })),
  ]
}

async function usualInventories(context: Context): Promise<readonly string[]> {
  const read = await readAnsibleConfig(context).catch(() => null)
  return read?.config.inventory ?? []
}

async function runsIn(folder: string): Promise<readonly Candidate[]> {
  const { runs } = await listRuns(folder, mostRuns).catch(() => ({ runs: [] }))
  return [
    { word: 'last', meaning: 'the newest run' },
    ...runs.map(({ run, known }) => ({
      word: run,
      meaning: known === null ? '' : `${known.command} ${known.playbook}`,
    })),
  ]
}
