import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { writeAtomically } from '../record/atomic-write.ts'
import { makeFolder } from '../record/make-folder.ts'
import type { Conditions } from './transitions.ts'

const schema = z.object({
  version: z.literal(1),
  playbook: z.string(),
  hosts: z.record(z.string(), z.object({ word: z.string(), since: z.string() })),
})

/** What the last scheduled run of a playbook left of its hosts; nothing where there was none, or its file is damaged. */
export async function readConditions(
  stateFolder: string,
  playbook: string,
  command: string,
): Promise<Conditions> {
  const text = await readFile(pathOf(stateFolder, playbook, command), 'utf8').catch(() => null)
  try {
    return text === null ? {} : schema.parse(JSON.parse(text)).hosts
  } catch {
    // A damaged file costs one mail too many, which is better than one too few.
    return {}
  }
}

/** Keeps them for the next run. Throws the system's error. */
export async function writeConditions(
  stateFolder: string,
  playbook: string,
  command: string,
  hosts: Conditions,
): Promise<void> {
  await makeFolder(join(stateFolder, 'scheduled'))
  const text = `${JSON.stringify({ version: 1, playbook, hosts })}\n`
  await writeAtomically(pathOf(stateFolder, playbook, command), text, 0o600)
}

function pathOf(stateFolder: string, playbook: string, command: string): string {
  const digest = createHash('sha256').update(`${command}\0${playbook}`).digest('hex').slice(0, 16)
  return join(stateFolder, 'scheduled', `${digest}.json`)
}
