import type { Problem } from '../problem.ts'
import { utf8Problem } from '../yaml/character-problem.ts'
import { readText } from '../yaml/read-text.ts'
import { toPlain } from '../yaml/yaml-node.ts'
import { readAnsibleYaml } from './ansible-yaml.ts'
import { inventoryLimit } from './inventory-limit.ts'
import type { Vars } from './statement.ts'

/** `vars` is null where nothing is said at all, or where it cannot be read. */
export interface ReadVars {
  readonly vars: Vars | null
  readonly problems: readonly Problem[]
}

/** Reads a file of variables, YAML or JSON; problems call it `shown`. Never throws. */
export async function readVarsFile(path: string, shown: string): Promise<ReadVars> {
  const read = await readText(path, shown, inventoryLimit)
  if (!read.ok) return refuse(read.problem)
  const strange = utf8Problem(read.file, shown)
  if (strange !== undefined) return refuse(strange)
  if (read.file.text.startsWith('$ANSIBLE_VAULT;'))
    return refuse({
      file: shown,
      what: 'the file is encrypted with ansible-vault, which is not decrypted yet',
      remedy: 'decrypt it with ansible-vault, or encrypt single values in it with !vault',
    })
  return parseVars(read.file.text, shown)
}

/** The same for a text that is there already; `file` is for the problems. Never throws. */
export function parseVars(text: string, file: string): ReadVars {
  const { root, problems } = readAnsibleYaml(text, file)
  if (root === null) return { vars: null, problems }
  if (root.kind !== 'map')
    return refuse({
      ...root.place,
      what: 'the variables are not a mapping',
      remedy: 'write each as name: value',
    })
  const vars = Object.fromEntries(
    Array.from(root.entries.values(), ({ key, value }) => [key, toPlain(value)]),
  )
  return { vars, problems }
}

function refuse(problem: Problem): ReadVars {
  return { vars: null, problems: [problem] }
}
