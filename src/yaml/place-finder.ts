import { LineCounter } from 'yaml'

/** Where something stands in a file; line and column are 1-based. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Gives the place of an offset into `text`. What lies behind the last visible character is placed
 * on it: an editor must be able to go where a message points.
 */
export function placeFinder(text: string, file: string): (offset: number) => Place {
  const counter = new LineCounter()
  counter.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) counter.addNewLine(at + 1)
  const last = Math.max(0, text.trimEnd().length - 1)
  return (offset) => {
    const { line, col } = counter.linePos(Math.min(Math.max(0, offset), last))
    return { file, line, column: col }
  }
}
