import { Budget } from '../jinja/budget.ts'
import { Evaluation, type Names } from '../jinja/evaluate.ts'
import { memberOf } from '../jinja/member.ts'
import { parseTemplate } from '../jinja/parse-template.ts'
import { omitted, Undefined, Unfillable } from '../jinja/value.ts'
import { showText } from '../show-value.ts'
import type { Host } from './inventory.ts'
import { magicValue } from './magic-values.ts'
import { EncryptedValue, unsafeText } from './marked-value.ts'
import { parsePythonLiteral } from './python-literal.ts'

/** What the templates of one host may refer to. */
export type TemplateScope = Pick<Host, 'vars' | 'placeOf' | 'inventory'>

/** What `fillTemplate` gives: the value, or why there is none, as a sentence without a full stop. */
export type Filled =
  | {
      readonly ok: true
      readonly value: unknown
      /** Something encrypted went into it: it is not to be shown. */
      readonly isSecret: boolean
    }
  | { readonly ok: false; readonly why: string }

/** Templates that refer to templates: enough for people, too little for a bomb. */
const maxDepth = 20

/**
 * Evaluates the Jinja in `text` as Ansible does: variables (with the templates in them), the filters and tests of
 * `src/jinja`, `hostvars` and `groups`. A text that is one single expression keeps the type of its value. Never throws,
 * and never leaves a `{{` of an expression in the result.
 */
export function fillTemplate(text: string, scope: TemplateScope): Filled {
  return fill(scope, (filling) => filling.text(text, []))
}

/**
 * The same for a value of any kind: texts in lists and mappings are filled, what is tagged `!vault` is opened. No error
 * repeats a template that is secret.
 */
export function fillValue(value: unknown, scope: TemplateScope, isSecret = false): Filled {
  return fill(scope, (filling) => filling.deep(value, []), isSecret)
}

/** True when `text` holds something that `fillTemplate` would fill or refuse. */
export function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text)
}

/** What no variable can mend in a template; undefined where there is no such thing. */
export function templateFault(text: string): string | undefined {
  const parsed = parseTemplate(text)
  return parsed.ok ? undefined : `${shown(text)} ${parsed.why}`
}

function fill(scope: TemplateScope, work: (filling: Filling) => unknown, isSecret = false): Filled {
  const spent = { budget: new Budget(), isSecret }
  try {
    const value = work(new Filling(scope, spent))
    return { ok: true, value: value === omitted ? null : value, isSecret: spent.isSecret }
  } catch (error) {
    if (error instanceof Unfillable) return { ok: false, why: error.message }
    // What is nested beyond reason in data, where the parser sees nothing of it.
    if (error instanceof RangeError) return { ok: false, why: 'it is nested too deeply' }
    throw error
  }
}

/** A variable, or what stands below one, with the templates in it still to be filled. */
class Reference {
  readonly value: unknown
  /** As it is written, for messages. */
  readonly path: string
  /** The variable that it begins with. */
  readonly variable: string
  readonly filling: Filling

  constructor(value: unknown, path: string, variable: string, filling: Filling) {
    this.value = value
    this.path = path
    this.variable = variable
    this.filling = filling
  }
}

/** The templates of one host; those of another one, looked up through `hostvars`, are on the same account. */
class Filling {
  readonly #scope: TemplateScope
  readonly #spent: { readonly budget: Budget; isSecret: boolean }

  constructor(scope: TemplateScope, spent: { readonly budget: Budget; isSecret: boolean }) {
    this.#scope = scope
    this.#spent = spent
  }

  /** `trail` holds the variables being filled on the way here, outermost first. */
  text(text: string, trail: readonly string[]): unknown {
    if (!isTemplate(text)) {
      this.#spent.budget.characters(text.length)
      return text
    }
    const parsed = parseTemplate(text)
    if (!parsed.ok) throw new Explained(`${this.#shown(text)} ${parsed.why}`)
    const names: Names = {
      lookup: (name) => this.#lookup(name),
      member: (value, key) => (value instanceof Reference ? this.#member(value, key, trail) : null),
      settle: (value) => (value instanceof Reference ? this.#settle(value, trail) : value),
    }
    try {
      return withoutQuotes(new Evaluation(names, this.#spent.budget).run(parsed.body), text)
    } catch (error) {
      if (!(error instanceof Unfillable) || error instanceof Explained) throw error
      throw new Explained(`${this.#shown(text)}: ${error.message}`)
    }
  }

  #shown(text: string): string {
    return this.#spent.isSecret ? 'a template that is or has met something encrypted' : shown(text)
  }

  deep(value: unknown, trail: readonly string[]): unknown {
    this.#spent.budget.step()
    if (typeof value === 'string') return this.text(value, trail)
    if (value instanceof EncryptedValue) return this.#open(value, trail.at(-1) ?? 'the value')
    const literal = unsafeText(value)
    if (literal !== null) return literal
    if (Array.isArray(value)) return value.map((item) => this.deep(item, trail))
    if (typeof value === 'object' && value !== null && !('isLazyMapping' in value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.deep(item, trail)]))
    return value
  }

  #open(value: EncryptedValue, path: string): string {
    const opened = value.open()
    if (!opened.ok) throw new Explained(`${path} ${opened.what}; ${opened.remedy}`)
    this.#spent.isSecret = true
    return opened.bytes.toString('utf8')
  }

  #lookup(name: string): unknown {
    const { vars, placeOf, inventory } = this.#scope
    if (Object.hasOwn(vars, name)) {
      if (placeOf?.(name)?.isSecret === true) this.#spent.isSecret = true
      return new Reference(vars[name], name, name, this)
    }
    const magic = magicValue(
      name,
      inventory,
      (host) => (variable) => new Filling(host, this.#spent).#ofHost(host.name, variable),
    )
    if (magic !== undefined) return new Reference(magic, name, name, this)
    return new Undefined(`no variable ${name} is known`)
  }

  #ofHost(host: string, variable: string): unknown {
    if (!Object.hasOwn(this.#scope.vars, variable)) return undefined
    if (this.#scope.placeOf?.(variable)?.isSecret === true) this.#spent.isSecret = true
    return new Reference(this.#scope.vars[variable], `${host}.${variable}`, variable, this)
  }

  #member(from: Reference, key: unknown, trail: readonly string[]): { value: unknown } {
    const { value, path, variable, filling } = from
    if (value instanceof EncryptedValue) throw new Unfillable(`${path} is encrypted, and has no parts`)
    // `a.b` where `a` is a template: step into what it leads to.
    const isText = typeof value === 'string'
    const whole = isText ? filling.#settle(from, trail) : value
    const below = memberOf(whole, key, path)
    const longer = typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`
    const isReady = isText || below instanceof Undefined || below instanceof Reference
    return { value: isReady ? below : new Reference(below, longer, variable, filling) }
  }

  #settle({ value, path, variable, filling }: Reference, trail: readonly string[]): unknown {
    if (trail.includes(path)) throw new Explained(`${[...trail, path].join(' -> ')} goes round in a circle`)
    if (trail.length >= maxDepth)
      throw new Explained(`{{ ${trail[0]} }} leads through more than ${maxDepth} variables`)
    try {
      return filling.deep(value, [...trail, path])
    } catch (error) {
      const place = filling.#scope.placeOf?.(variable)
      if (!(error instanceof Explained) || error.isPlaced || place === undefined) throw error
      const { file, line, column } = place
      throw new Explained(
        `in ${path} (${[file, line, column].filter(Boolean).join(':')}): ${error.message}`,
        true,
      )
    }
  }
}

/** The text that is at fault has been named, and perhaps its place as well. */
class Explained extends Unfillable {
  readonly isPlaced: boolean

  constructor(why: string, isPlaced = false) {
    super(why)
    this.isPlaced = isPlaced
  }
}

/** As Ansible: a text made by a template that looks like a list, a mapping or a boolean is one. */
function withoutQuotes(value: unknown, template: string): unknown {
  if (typeof value !== 'string') return value
  if (/^(?:[{[]|True$|False$)/.test(value)) return parsePythonLiteral(value)?.value ?? value
  // Jinja takes the last line end, Ansible gives it back.
  const ends = /\n+$/.exec(template)?.[0].length ?? 0
  const kept = /\n+$/.exec(value)?.[0].length ?? 0
  return value + '\n'.repeat(Math.max(0, ends - kept))
}

function shown(whole: string): string {
  const text = whole.slice(0, 1000)
  const [only, ...more] = text.match(/\{\{[^]*?\}\}/g) ?? []
  const expression = only === undefined || more.length > 0 ? text.trim() : only
  const line = expression.replaceAll(/\s+/g, ' ')
  return showText(line, 80)
}
