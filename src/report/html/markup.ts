import { printable } from '../../printable.ts'

/** HTML that is safe to write: made by `html` alone, which escapes whatever it is given. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text is escaped, markup is taken as it is, null leaves nothing. */
type Slot = string | number | Markup | readonly Markup[] | null

/**
 * A template of HTML. Text of hosts may hold anything: between tags and in quoted attributes it can only ever be
 * text, and what would turn or hide other text on the page is shown as an escape.
 */
export function html(parts: TemplateStringsArray, ...slots: readonly Slot[]): Markup {
  const [first = '', ...others] = literals(parts)
  let text = first
  for (const [index, slot] of slots.entries()) text += textOf(slot) + (others[index] ?? '')
  return new Markup(text)
}

/** The parts of a template without their indentation, which a table of thousands would carry on each line. */
function literals(parts: TemplateStringsArray): readonly string[] {
  const known = unindented.get(parts)
  if (known !== undefined) return known
  const made = parts.map((part) => part.replaceAll(/\n\s*/g, '\n'))
  unindented.set(parts, made)
  return made
}

const unindented = new WeakMap<TemplateStringsArray, readonly string[]>()

/** Pieces one after the other. */
function joined(pieces: Iterable<Markup>): Markup {
  let text = ''
  for (const piece of pieces) text += piece.text
  return new Markup(text)
}

function textOf(slot: Slot): string {
  if (slot === null) return ''
  if (typeof slot === 'number') return String(slot)
  if (typeof slot === 'string') return escapeText(slot)
  return slot instanceof Markup ? slot.text : joined(slot).text
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** JSON for a `<script type="application/json">`: no `<` in it can end the element. */
export function dataText(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`)
}
