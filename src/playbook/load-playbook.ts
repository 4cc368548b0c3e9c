import { InputError, type Problem } from '../problem.ts'
import { checkPlay } from './check-play.ts'
import type { Play, Playbook } from './play.ts'
import { inFileOrder } from './problem-order.ts'
import { readPlaybookText } from './playbook-text.ts'
import { readPlaybookYaml } from './playbook-yaml.ts'
import { showValue } from '../show-value.ts'
import { toPlain, type YamlNode } from '../yaml/yaml-node.ts'

/** More would only scroll the first ones away. */
const mostShown = 100

/** Reads and checks a playbook. Throws InputError with everything that is wrong with it. */
export async function loadPlaybook(path: string): Promise<Playbook> {
  return parsePlaybook(await readPlaybookText(path), path)
}

/** The same for a text that is there already; `file` is for the problems. Throws InputError. */
export function parsePlaybook(text: string, file: string): Playbook {
  const { root, problems } = readPlaybookYaml(text, file)
  const found: Problem[] = [...problems]
  const plays: Play[] = []
  if (root !== undefined) {
    for (const node of playNodes(root, found)) {
      const checked = checkNode(node)
      if ('hosts' in checked) plays.push(checked)
      else found.push(...checked)
    }
  } else if (found.length === 0) {
    found.push({ file, what: 'the playbook is empty', remedy: 'write a list of plays: - hosts: all' })
  }
  if (found.length > 0) throw new InputError(tidy(found, file))
  return { file, plays: withOwnNames(plays) }
}

function playNodes(root: YamlNode, problems: Problem[]): readonly YamlNode[] {
  if (root.kind === 'broken') return []
  if (root.kind === 'list' && root.items.length > 0) return root.items
  const what =
    root.kind === 'list'
      ? 'the list of plays is empty'
      : `a playbook is a list of plays, found ${showValue(toPlain(root))}`
  const remedy =
    root.kind === 'map' && root.entries.has('kind') && root.entries.has('sha256')
      ? 'this looks like a saved plan, which only `apply` takes; `apply --check` shows what it would do'
      : root.kind === 'map'
        ? 'put `- ` before the first key and indent the others below it'
        : 'write a list of plays: - hosts: all'
  problems.push({ ...root.place, what, remedy })
  return []
}

function checkNode(node: YamlNode): Play | readonly Problem[] {
  if (node.kind === 'map') return checkPlay(node)
  if (node.kind === 'broken') return []
  return [
    {
      ...node.place,
      what: `expected a play, found ${showValue(toPlain(node))}`,
      remedy: 'write `- hosts: all` and the wishes below it',
    },
  ]
}

/** In the order of the file, each once (an alias shows the same line to several plays), and not without end. */
function tidy(problems: readonly Problem[], file: string): readonly Problem[] {
  const unique = new Map(
    problems.map((problem) => [`${problem.line}:${problem.column}:${problem.what}`, problem] as const),
  )
  const sorted = inFileOrder(unique.values())
  const hidden = sorted.length - mostShown
  if (hidden <= 0) return sorted
  return [
    ...sorted.slice(0, mostShown),
    { file, what: `${hidden} more problems`, remedy: 'mend these first' },
  ]
}

/** Plays without a name are called after their hosts; a second one of that name gets its number. */
function withOwnNames(plays: readonly Play[]): readonly Play[] {
  const taken = new Set<string>()
  return plays.map((play, index) => {
    const name = taken.has(play.name) ? `${play.name} (play ${index + 1})` : play.name
    taken.add(name)
    return name === play.name ? play : { ...play, name }
  })
}
