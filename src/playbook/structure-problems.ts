import type { z } from 'zod'
import type { Problem } from '../problem.ts'
import { playSchema } from './schema.ts'
import { showText, showValue } from '../show-value.ts'
import { unknownKey } from './unknown-key.ts'
import { nodeAt, toPlain, type MapNode, type YamlNode } from '../yaml/yaml-node.ts'
import type { Place } from '../yaml/place-finder.ts'

/** `values` are about single values, of which the readers have more to say: used only where they said nothing. */
export interface StructureProblems {
  readonly shape: readonly Problem[]
  readonly values: readonly ValueProblem[]
}

interface ValueProblem {
  readonly problem: Problem
  readonly keyPlace: Place | undefined
}

/** Holds a play against the schema: unknown and missing keys, things that are no mappings. */
export function structureProblems(play: MapNode): StructureProblems {
  const parsed = playSchema.safeParse(toPlain(play))
  const shape: Problem[] = []
  const values: ValueProblem[] = []
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const node = nodeAt(play, issue.path)
    if (node?.kind === 'broken' || isReadAsAWhole(issue, play)) continue
    if (issue.code === 'unrecognized_keys' && node?.kind === 'map') shape.push(...unknownKeys(issue, node))
    else if (node === undefined) shape.push(missingKey(issue, play.place))
    else if (issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected))
      shape.push(noMapping(issue, node))
    else values.push({ problem: misfit(issue, node), keyPlace: keyPlaceOf(play, issue.path) })
  }
  return { shape, values }
}

/** Whose readers tell all that is wrong with them, down to their parts. */
const readAsAWhole = [
  ['hosts'],
  ['serial'],
  ['conntrack', 'max'],
  ['notrack'],
  ['stateless_rules'],
  ['modules', 'unload'],
  ['drain'],
] as const

function isReadAsAWhole({ path }: z.core.$ZodIssue, play: MapNode): boolean {
  return readAsAWhole.some(
    (section) => section.every((key, index) => path[index] === key) && nodeAt(play, section) !== undefined,
  )
}

function keyPlaceOf(play: MapNode, path: readonly PropertyKey[]): Place | undefined {
  const parent = nodeAt(play, path.slice(0, -1))
  return parent?.kind === 'map' ? parent.entries.get(String(path.at(-1)))?.keyPlace : undefined
}

function misfit(issue: z.core.$ZodIssue, node: YamlNode): Problem {
  return {
    ...node.place,
    what: `${labelOf(issue)}: ${showValue(toPlain(node))} does not fit here`,
    remedy: 'see the schema (conntrackctl schema) for what does',
  }
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, node: MapNode): Problem[] {
  const [section] = issue.path
  return issue.keys.flatMap((key) => {
    const place = node.entries.get(key)?.keyPlace
    if (place === undefined) return []
    const { what, remedy } =
      section === 'verify'
        ? { what: `verify has no key \`${showText(key)}\``, remedy: 'use `hold`' }
        : section === 'modules'
          ? { what: `modules has no key \`${showText(key)}\``, remedy: 'use `unload`' }
          : unknownKey(key, section === undefined ? 'play' : 'conntrack')
    return [{ ...place, what, remedy }]
  })
}

function missingKey(issue: z.core.$ZodIssue, place: Place): Problem {
  return {
    ...place,
    what: `the play has no \`${labelOf(issue)}\``,
    remedy: 'say which hosts are meant: `hosts: all`, a group or a pattern',
  }
}

function noMapping(issue: z.core.$ZodIssue, node: YamlNode): Problem {
  const value = toPlain(node)
  return {
    ...node.place,
    what: `${labelOf(issue)}: expected \`key: value\` lines, found ${showValue(value)}`,
    remedy:
      value === null
        ? 'write some below it, indented, or remove the line'
        : 'write `key: value` lines below it, indented',
  }
}

function labelOf({ path }: z.core.$ZodIssue): string {
  return showText(path.map(String).join('.'))
}
