import { isTemplate, templateFault } from '../inventory/template.ts'
import type { Problem } from '../problem.ts'
import type { Setting } from './play.ts'
import { mistakePlace, partAt } from './mistake-place.ts'
import { mistakeText, type Misread, type Reader } from './reading.ts'
import { toPlain, type YamlNode } from '../yaml/yaml-node.ts'

/** Reads the value at `node`, now or (a template) later; adds to `problems` and gives undefined where it cannot be. */
export function readSetting<T>(
  node: YamlNode,
  label: string,
  reader: Reader<T>,
  problems: Problem[],
): Setting<T> | undefined {
  if (isBroken(node)) return undefined
  const { place } = node
  const value = toPlain(node)
  if (typeof value === 'string' && isTemplate(value)) {
    const fault = templateFault(value)
    if (fault === undefined) return { kind: 'open', label, place, template: value, read: reader }
    problems.push({
      ...place,
      what: `${label}: ${fault}`,
      remedy: 'write {{ name }}, or {{ name | default(65536) }}',
    })
    return undefined
  }
  const reading = reader(value)
  if (reading.ok) return { kind: 'known', label, place, value: reading.value }
  for (const mistake of reading.mistakes)
    problems.push({
      ...mistakePlace(node, mistake),
      what: `${label}: ${mistakeText(mistake)}`,
      remedy: isTemplateAt(node, mistake.path)
        ? `write the value: no variable can stand in a part of ${label}`
        : mistake.remedy,
    })
  return undefined
}

/** Is a part of the value a template? Readers see none: they are filled before the value is read as a whole. */
function isTemplateAt(node: YamlNode, path: Misread['mistakes'][number]['path']): boolean {
  const value = path.length === 0 ? null : toPlain(partAt(node, path))
  return typeof value === 'string' && isTemplate(value)
}

function isBroken(node: YamlNode): boolean {
  return node.kind === 'broken' || (node.kind === 'list' && node.items.some(isBroken))
}
