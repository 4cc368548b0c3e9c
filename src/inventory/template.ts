import { parseExpression, pathText, type Expression } from './template-expression.ts'
import { isEncrypted, unsafeText } from './marked-value.ts'

/** What `fillTemplate` gives: the value, or why there is none, as a sentence without a full stop. */
export type Filled =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string }

type Variables = Readonly<Record<string, unknown>>

/** Templates that refer to templates, and the work one text may cause: enough for people, too little for a bomb. */
const maxDepth = 20
const maxExpressions = 10_000
const maxCharacters = 1_000_000

const notDecrypted = 'is encrypted with ansible-vault, which is not decrypted yet'

/** Raised inside this file only: nesting makes returning every failure by hand unreadable. */
class Unfillable extends Error {}

/** One call of `fillTemplate`: what it may still spend. */
interface Budget {
  expressions: number
  characters: number
}

/**
 * Fills each `{{ name }}` of `text` from `vars`, as Jinja does for plain references: `name`, `a.b`,
 * `a['b']`, `a[0]`, and nothing else (no filters, no arithmetic, no `{% %}`). Values that are
 * templates themselves are filled too. A text that is one single expression keeps the type of the
 * variable; inside other text a boolean reads `True` or `False` and a null is empty, as with Ansible.
 * Never throws, and never leaves a `{{` of an expression in the result.
 */
export function fillTemplate(text: string, vars: Variables): Filled {
  try {
    const budget = { expressions: maxExpressions, characters: maxCharacters }
    return { ok: true, value: fillText(text, vars, [], budget) }
  } catch (error) {
    if (error instanceof Unfillable) return { ok: false, why: error.message }
    throw error
  }
}

/** True when `text` holds something that `fillTemplate` would fill or refuse. */
export function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text)
}

/** `trail` holds the expressions being filled on the way here, outermost first. */
function fillText(text: string, vars: Variables, trail: readonly string[], budget: Budget): unknown {
  const parts = split(text)
  const [only] = parts
  if (parts.length === 1 && only !== undefined && typeof only !== 'string')
    return resolve(only, vars, trail, budget)

  let filled = ''
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : asText(part, resolve(part, vars, trail, budget))
    budget.characters -= piece.length
    if (budget.characters < 0)
      throw new Unfillable(`the filled text is longer than ${maxCharacters} characters`)
    filled += piece
  }
  return filled
}

/** Plain text and expressions, in turn. */
function split(text: string): readonly (string | Expression)[] {
  const parts: (string | Expression)[] = []
  const opening = /\{[{%#]/g
  let rest = 0
  for (let open = opening.exec(text); open !== null; open = opening.exec(text)) {
    const parsed = parseExpression(text, open.index)
    if (!parsed.ok) throw new Unfillable(parsed.why)
    if (open.index > rest) parts.push(text.slice(rest, open.index))
    parts.push(parsed.expression)
    rest = parsed.expression.end
    opening.lastIndex = rest
  }
  if (rest < text.length) parts.push(text.slice(rest))
  return parts
}

/** The value that `expression` stands for, with the templates inside it filled. */
function resolve(expression: Expression, vars: Variables, trail: readonly string[], budget: Budget): unknown {
  const path = pathText(expression)
  if (trail.includes(path)) throw new Unfillable(`${[...trail, path].join(' -> ')} goes round in a circle`)
  if (trail.length >= maxDepth)
    throw new Unfillable(`{{ ${trail[0]} }} leads through more than ${maxDepth} variables`)

  const [name, ...steps] = expression.path
  if (typeof name !== 'string' || !Object.hasOwn(vars, name))
    throw new Unfillable(`${expression.text}: no variable ${name} is known`)
  let value = vars[name]
  for (const [index, step] of steps.entries()) {
    const walked = pathText({ path: expression.path.slice(0, index + 1) })
    // `a.b` where `a` is a template: step into what it leads to.
    if (typeof value === 'string') value = fillText(value, vars, [...trail, walked], budget)
    const found = stepInto(value, step)
    if (!found.ok) throw new Unfillable(`${expression.text}: ${walked} ${found.why}`)
    value = found.value
  }
  return fillDeep(value, vars, [...trail, path], budget)
}

function stepInto(value: unknown, step: string | number): Filled {
  if (isEncrypted(value)) return { ok: false, why: notDecrypted }
  if (Array.isArray(value)) {
    const index = Number(step)
    if (Number.isInteger(index) && index >= -value.length && index < value.length)
      return { ok: true, value: value.at(index) }
    return { ok: false, why: `is a list without an element ${step}` }
  }
  if (typeof value !== 'object' || value === null || unsafeText(value) !== null)
    return { ok: false, why: 'is neither a mapping nor a list' }
  if (!Object.hasOwn(value, step)) return { ok: false, why: `has no key ${step}` }
  return { ok: true, value: (value as Variables)[step] }
}

function fillDeep(value: unknown, vars: Variables, trail: readonly string[], budget: Budget): unknown {
  budget.expressions -= 1
  if (budget.expressions < 0) throw new Unfillable(`more than ${maxExpressions} values are to be filled`)
  if (typeof value === 'string') return fillText(value, vars, trail, budget)
  if (isEncrypted(value)) throw new Unfillable(`${trail.at(-1)} ${notDecrypted}`)
  const literal = unsafeText(value)
  if (literal !== null) return literal
  if (Array.isArray(value)) return value.map((item) => fillDeep(item, vars, trail, budget))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fillDeep(item, vars, trail, budget)]),
    )
  return value
}

/** `value` as it reads inside other text. */
function asText(expression: Expression, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return String(value)
  throw new Unfillable(`${expression.text} is a list or a mapping, which cannot stand inside other text`)
}
