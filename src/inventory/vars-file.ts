import type { Problem } from '../problem.ts'
import { Vault } from '../secrets/vault.ts'
import { utf8Problem } from '../yaml/character-problem.ts'
import { toPlain } from '../yaml/yaml-node.ts'
import { readAnsibleYaml } from './ansible-yaml.ts'
import { readSource } from './read-source.ts'
import type { PlacedVars, SourcePlace } from './statement.ts'

/** `read` is null where nothing is said at all, or where it cannot be read. */
export interface ReadVars {
  readonly read: PlacedVars | null
  readonly problems: readonly Problem[]
}

/** Reads a file of variables, YAML or JSON, perhaps encrypted whole; problems call it `shown`. Never throws. */
export async function readVarsFile(path: string, shown: string, vault: Vault): Promise<ReadVars> {
  const source = await readSource(path, shown, vault)
  if (!source.ok) return refuse(source.problem)
  const strange = utf8Problem(source.file, shown)
  return strange === undefined ? parseVars(source.file.text, shown, vault, source.isSecret) : refuse(strange)
}

/** The same for a text that is there already; `file` is for the problems. Never throws. */
export function parseVars(text: string, file: string, vault = new Vault([]), isSecret = false): ReadVars {
  const { root, problems } = readAnsibleYaml(text, file, vault)
  if (root === null) return { read: null, problems }
  if (root.kind !== 'map')
    return refuse({
      ...root.place,
      what: 'the variables are not a mapping',
      remedy: 'write each as name: value',
    })
  const entries = [...root.entries.values()]
  const vars = Object.fromEntries(entries.map(({ key, value }) => [key, toPlain(value)]))
  const places = new Map<string, SourcePlace>(
    entries.map(({ key, keyPlace }) => [key, isSecret ? { ...keyPlace, isSecret } : keyPlace]),
  )
  return { read: { vars, places }, problems }
}

function refuse(problem: Problem): ReadVars {
  return { read: null, problems: [problem] }
}
