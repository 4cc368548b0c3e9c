import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InputError } from '../problem.ts'
import { jsonText } from '../report/json-text.ts'
import { readText } from '../yaml/read-text.ts'
import { writeAtomically } from './atomic-write.ts'
import { type SavedPlan, savedPlanKind, savedPlanSchema, savedPlanVersion } from './saved-plan.ts'

/** A host takes some kilobytes. */
const limit = { mebibytes: 256, remedy: 'save a plan for each part of the fleet, with --shard or --limit' }

const anew = 'make the plan anew: conntrackctl plan PLAYBOOK --out FILE'

/** Writes a plan whole or not at all, for its owner's eyes only. Throws the system's error. */
export async function writePlan(path: string, plan: SavedPlan): Promise<void> {
  await writeAtomically(path, `${planText(plan)}\n`, 0o600)
}

/** Why no plan can be saved there, or null. Only a saved plan is written over. */
export async function planPlaceFault(path: string): Promise<string | null> {
  const there = await stat(path).catch(() => null)
  if (there !== null) {
    const read = there.isFile() ? await readText(path, path, limit) : null
    if (read?.ok !== true || !read.file.text.startsWith(beginning))
      return 'something else than a saved plan stands there; name another file'
  }
  return access(dirname(path), constants.W_OK | constants.X_OK).then(
    () => null,
    (error: unknown) =>
      `no file can be made there (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}); name another folder`,
  )
}

/** What every plan begins with. */
const beginning = `{\n  "kind": "${savedPlanKind}",\n`

/** A line for each host, so that `grep` and `diff` work. */
function planText(plan: SavedPlan): string {
  const { plays, ...head } = plan
  const lines = Object.entries(head).map(([key, value]) => `  ${jsonText(key)}: ${jsonText(value)},\n`)
  const written = plays.map(({ hosts, left_out: leftOut, ...play }) => {
    const keys = Object.entries(play).map(([key, value]) => `      ${jsonText(key)}: ${jsonText(value)},\n`)
    return `    {\n${keys.join('')}      "hosts": ${list(hosts)},\n      "left_out": ${list(leftOut)}\n    }`
  })
  return `{\n${lines.join('')}  "plays": [\n${written.join(',\n')}\n  ],\n  "sha256": "${checksumOf(plan)}"\n}`
}

function list(items: readonly unknown[]): string {
  if (items.length === 0) return '[]'
  return `[\n${items.map((item) => `        ${jsonText(item)}`).join(',\n')}\n      ]`
}

/** Of what the file says, however it is set out. */
function checksumOf(plan: object): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex')
}

/**
 * Reads a saved plan; null where the file is none, but a playbook. Throws InputError where it is no whole, unchanged plan
 * of a version that is known, or cannot be read.
 */
export async function readPlan(path: string, cwd: string): Promise<SavedPlan | null> {
  const read = await readText(resolve(cwd, path), path, limit)
  // What cannot be read, and what is not JSON, is told of where playbooks are read.
  if (!read.ok || !/^\s*\{/.test(read.file.text)) return null
  const refuse = (what: string, remedy: string): InputError => new InputError([{ file: path, what, remedy }])
  let file: unknown
  try {
    file = JSON.parse(read.file.text)
  } catch {
    throw refuse('this is no whole JSON: a saved plan that was cut off or changed, or no plan at all', anew)
  }
  const { sha256, ...content } = file as Readonly<Record<string, unknown>>
  if (content['kind'] !== savedPlanKind)
    throw refuse(
      `this is no saved plan: its \`kind\` is ${jsonText(content['kind'] ?? null)}, not "${savedPlanKind}"`,
      'give a playbook, or a file that `conntrackctl plan PLAYBOOK --out FILE` has written',
    )
  if (content['version'] !== savedPlanVersion)
    throw refuse(
      `this is a saved plan of version ${jsonText(content['version'] ?? null)}, and only version ${savedPlanVersion} is known here`,
      `apply it with the conntrackctl that has made it, or ${anew}`,
    )
  if (sha256 !== checksumOf(content))
    throw refuse('the file was changed since the plan was saved: its checksum is another one', anew)
  const plan = savedPlanSchema.safeParse(content)
  if (plan.success) return plan.data
  const [issue] = plan.error.issues
  throw refuse(`the saved plan is damaged at ${issue?.path.join('.') ?? ''}`, anew)
}
