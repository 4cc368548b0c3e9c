import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { writeAtomically } from '../record/atomic-write.ts'
import { makeFolder } from '../record/make-folder.ts'
import type { Conditions } from './transitions.ts'

/** What makes one scheduled job another: two may run the same playbook on different hosts. */
export interface JobIdentity {
  readonly command: string
  /** Absolute. */
  readonly playbook: string
  readonly inventory: readonly string[]
  readonly limit: string | null
}

/** What the last run of a job left for the next one to compare with. */
export interface Memory {
  readonly hosts: Conditions
  /** Why it could not even begin, as it was told; null when it could. */
  readonly trouble: string | null
}

const schema = z.object({
  version: z.literal(1),
  playbook: z.string(),
  hosts: z.record(z.string(), z.object({ word: z.string(), since: z.string() })),
  trouble: z.string().nullable().default(null),
})

/** What the last run of a job left; nothing where there was none, or its file is damaged. */
export async function readMemory(stateFolder: string, job: JobIdentity): Promise<Memory> {
  const text = await readFile(pathOf(stateFolder, job), 'utf8').catch(() => null)
  try {
    return text === null ? nothing : schema.parse(JSON.parse(text))
  } catch {
    // A damaged file costs one mail too many, which is better than one too few.
    return nothing
  }
}

const nothing: Memory = { hosts: {}, trouble: null }

/** Keeps it for the next run. Throws the system's error. */
export async function writeMemory(
  stateFolder: string,
  job: JobIdentity,
  { hosts, trouble }: Memory,
): Promise<void> {
  await makeFolder(join(stateFolder, 'scheduled'))
  const text = `${JSON.stringify({ version: 1, playbook: job.playbook, hosts, trouble })}\n`
  await writeAtomically(pathOf(stateFolder, job), text, 0o600)
}

function pathOf(stateFolder: string, { command, playbook, inventory, limit }: JobIdentity): string {
  const words = JSON.stringify([command, playbook, inventory, limit])
  const digest = createHash('sha256').update(words).digest('hex').slice(0, 16)
  return join(stateFolder, 'scheduled', `${digest}.json`)
}
