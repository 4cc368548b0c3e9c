import type { Problem } from '../problem.ts'
import { placeFinder } from './place-finder.ts'
import type { FileText } from './read-text.ts'

/** The first byte that is not UTF-8, for a text of which no line may be so. */
export function utf8Problem({ text, strangeLines }: FileText, file: string): Problem | undefined {
  const [strange] = strangeLines
  if (strange === undefined) return undefined
  let start = 0
  for (let line = 1; line < strange; line += 1) start = text.indexOf('\n', start) + 1
  return {
    ...placeFinder(text, file)(text.indexOf('\u{fffd}', start)),
    what: 'this is not valid UTF-8 text',
    remedy: 'save the file as UTF-8',
  }
}

/** The first character that YAML does not allow. */
export function controlProblem(text: string, file: string): Problem | undefined {
  const control = text.search(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\r(?!\n)/)
  if (control === -1) return undefined
  const place = placeFinder(text, file)(control)
  if (text[control] === '\r')
    return {
      ...place,
      what: 'a carriage return without a line feed',
      remedy: 'end the lines with a line feed',
    }
  const code = text.charCodeAt(control).toString(16).padStart(2, '0')
  return { ...place, what: `control character 0x${code}, which YAML does not allow`, remedy: 'remove it' }
}
