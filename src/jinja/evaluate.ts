import { type Arguments, noArguments, numberOf, type Tools } from './arguments.ts'
import { testPrefix } from './bind-tests.ts'
import type { Budget } from './budget.ts'
import { filters } from './filters.ts'
import { memberOf, sliceOf } from './member.ts'
import { callMethod } from './methods.ts'
import { applyOperator } from './operators.ts'
import type { Node } from './syntax.ts'
import { tests } from './tests.ts'
import { asText, defined, describe, isMap, isTrue, omitted, Undefined, Unfillable } from './value.ts'

/** The names a template may use, and how to get from what stands behind one to a value. */
export interface Names {
  /** What stands behind a name, perhaps to be settled; an Undefined where nothing does. */
  readonly lookup: (name: string) => unknown
  /** One step below what `lookup` or `member` gave; null where it is a plain value. */
  readonly member: (value: unknown, key: unknown) => { readonly value: unknown } | null
  /** The value itself, with the templates in it filled. */
  readonly settle: (value: unknown) => unknown
}

const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
  ['omit', omitted],
])

/** Functions that read or run something outside of the inventory. */
const outside = ['lookup', 'query', 'q', 'now', 'url_for', 'undef']

/** Evaluates what was parsed. Never runs anything but the functions of this folder, and no more of it than the budget allows. */
export class Evaluation {
  readonly #names: Names
  readonly #budget: Budget
  readonly #locals: Map<string, unknown>[] = [new Map()]
  readonly #tools: Tools

  constructor(names: Names, budget: Budget) {
    this.#names = names
    this.#budget = budget
    this.#tools = {
      budget,
      member: (value, key, path) => names.settle(memberOf(value, key, path)),
      filter: (name, value, given) => this.#filter(name, value, given),
      test: (name, value, given) => this.#test(name, value, given),
    }
  }

  /** The value of a template that is one expression, else its text. Throws Unfillable. */
  run(body: readonly Node[]): unknown {
    const parts = body.filter(({ type }) => type !== 'Comment')
    const [only] = parts
    if (parts.length === 1 && only !== undefined && !['If', 'For', 'Set'].includes(only.type))
      return defined(this.#value(only))
    return this.#text(parts)
  }

  #text(body: readonly Node[]): string {
    let text = ''
    for (const node of body) text += this.#budget.text(this.#output(node))
    return text
  }

  #output(node: Node): string {
    this.#budget.step()
    if (node.type === 'Comment') return ''
    if (node.type === 'If') return this.#text(isTrue(this.#value(node.test)) ? node.body : node.alternate)
    if (node.type === 'For') return this.#loop(node)
    if (node.type !== 'Set') {
      const value = this.#value(node)
      // Ansible writes nothing for None.
      return value === null ? '' : asText(value)
    }
    this.#assign(node.assignee, node.value === null ? this.#text(node.body) : this.#value(node.value))
    return ''
  }

  #loop({ loopvar, iterable, body, defaultBlock }: Extract<Node, { type: 'For' }>): string {
    const source = iterable.type === 'SelectExpression' ? iterable.lhs : iterable
    const list = defined(this.#value(source))
    const all = Array.isArray(list) ? list : isMap(list) ? Object.keys(list) : null
    if (all === null) throw new Unfillable(`for goes through lists and mappings, not ${describe(list)}`)
    const inScope = <T>(item: unknown, work: () => T): T => {
      this.#budget.step()
      this.#locals.push(new Map())
      this.#assign(loopvar, item)
      const result = work()
      this.#locals.pop()
      return result
    }
    const items =
      iterable.type === 'SelectExpression'
        ? all.filter((item) => inScope(item, () => isTrue(this.#value(iterable.test))))
        : all
    if (items.length === 0) return this.#text(defaultBlock)
    const place = (at: number): unknown => ({
      index: at + 1,
      index0: at,
      first: at === 0,
      last: at === items.length - 1,
      length: items.length,
    })
    return items
      .map((item, at) =>
        inScope(item, () => {
          this.#locals.at(-1)?.set('loop', place(at))
          return this.#text(body)
        }),
      )
      .join('')
  }

  #assign(target: Node, value: unknown): void {
    if (target.type === 'Identifier') this.#locals.at(-1)?.set(target.value, value)
    else if (target.type === 'TupleLiteral' && Array.isArray(value) && value.length === target.value.length)
      for (const [at, part] of target.value.entries()) this.#assign(part, value[at])
    else throw new Unfillable('what is assigned to is not a name, or not as many names as values')
  }

  #value(node: Node): unknown {
    return this.#names.settle(this.#refer(node))
  }

  #refer(node: Node): unknown {
    this.#budget.step()
    switch (node.type) {
      case 'IntegerLiteral':
      case 'FloatLiteral':
      case 'StringLiteral':
        return node.value
      case 'ArrayLiteral':
      case 'TupleLiteral':
        return node.value.map((item) => defined(this.#value(item)))
      case 'ObjectLiteral':
        return Object.fromEntries(
          Array.from(node.value, ([key, item]) => [asText(this.#value(key)), defined(this.#value(item))]),
        )
      case 'Identifier':
        return this.#name(node.value)
      case 'MemberExpression':
        return this.#member(node)
      case 'CallExpression':
        return this.#call(node)
      case 'BinaryExpression':
        return this.#binary(node)
      case 'UnaryExpression': {
        const value = this.#value(node.argument)
        if (node.operator.value === 'not') return !isTrue(value)
        return node.operator.value === '-' ? -numberOf(value) : numberOf(value)
      }
      case 'FilterExpression':
        return this.#filtered(node)
      case 'Ternary':
        return this.#value(isTrue(this.#value(node.condition)) ? node.trueExpr : node.falseExpr)
      case 'SelectExpression':
        return isTrue(this.#value(node.test))
          ? this.#value(node.lhs)
          : new Undefined('an inline if without else does not hold')
      case 'Comment':
      case 'If':
      case 'For':
      case 'Set':
      case 'SliceExpression':
      case 'KeywordArgumentExpression':
        throw new Unfillable(`${node.type} cannot stand here`)
    }
    // The parser knows parts that are not in our list of them, such as arguments after `*`.
    throw new Unfillable(`${(node as { readonly type: string }).type} is not evaluated`)
  }

  #name(name: string): unknown {
    const local = this.#locals.findLast((scope) => scope.has(name))
    if (local !== undefined) return local.get(name)
    return constants.has(name) ? constants.get(name) : this.#names.lookup(name)
  }

  #member({ object, property, computed }: Extract<Node, { type: 'MemberExpression' }>): unknown {
    const value = this.#refer(object)
    if (property.type === 'SliceExpression') {
      const bounds = [property.start, property.stop, property.step].map((bound) =>
        bound === undefined ? undefined : numberOf(this.#value(bound)),
      )
      if (bounds[2] === 0) throw new Unfillable('the step of a slice is zero')
      const whole = defined(this.#names.settle(value))
      if (typeof whole === 'string') return sliceOf(Array.from(whole), bounds).join('')
      if (Array.isArray(whole)) return sliceOf(whole, bounds)
      throw new Unfillable(`${describe(whole)} has no slices`)
    }
    const key = !computed && property.type === 'Identifier' ? property.value : this.#value(property)
    const below = this.#names.member(value, key)
    return below === null ? memberOf(value, key, 'the value') : below.value
  }

  #binary({
    operator: { value: operator },
    left,
    right,
  }: Extract<Node, { type: 'BinaryExpression' }>): unknown {
    const first = this.#value(left)
    if (operator === 'and') return isTrue(first) ? this.#value(right) : first
    if (operator === 'or') return isTrue(first) ? first : this.#value(right)
    return applyOperator(operator, first, this.#value(right), this.#budget)
  }

  #filtered({ operand, filter }: Extract<Node, { type: 'FilterExpression' }>): unknown {
    const value = this.#value(operand)
    if (filter.type === 'Identifier') return this.#filter(filter.value, value, noArguments)
    if (filter.type !== 'CallExpression' || filter.callee.type !== 'Identifier')
      throw new Unfillable('a filter is a name, with or without arguments')
    return this.#filter(filter.callee.value, value, this.#arguments(filter.args))
  }

  #filter(name: string, value: unknown, given: Arguments): unknown {
    this.#budget.step()
    for (const [prefix, wanted] of [
      [testPrefix.plain, true],
      [testPrefix.negated, false],
    ] as const)
      if (name.startsWith(prefix)) return this.#test(name.slice(prefix.length), value, given) === wanted
    const filter = filters.get(name)
    if (filter === undefined) throw new Unfillable(`the filter ${name} is not known here`)
    return filter(value, given, this.#tools)
  }

  #test(name: string, value: unknown, given: Arguments): boolean {
    this.#budget.step()
    const test = tests.get(name)
    if (test === undefined) throw new Unfillable(`the test ${name} is not known here`)
    return test(value, given, this.#budget)
  }

  #call({ callee, args }: Extract<Node, { type: 'CallExpression' }>): unknown {
    if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && !callee.computed) {
      const value = defined(this.#value(callee.object))
      return callMethod(value, callee.property.value, this.#arguments(args), this.#budget)
    }
    if (callee.type !== 'Identifier')
      throw new Unfillable('only functions and methods with a name are called')
    const name = callee.value
    if (outside.includes(name))
      throw new Unfillable(
        `${this.#shownCall(name, args)} is not evaluated: it looks outside of the inventory`,
      )
    const given = this.#arguments(args)
    if (name === 'range') return this.#range(given.positional.map(numberOf))
    if (name === 'dict') return Object.fromEntries(given.named)
    throw new Unfillable(`the function ${name} is not known here`)
  }

  #shownCall(name: string, [first]: readonly Node[]): string {
    return first?.type === 'StringLiteral' ? `${name}('${first.value}', ...)` : `${name}(...)`
  }

  #range(bounds: readonly number[]): readonly number[] {
    const [start, stop, step] =
      bounds.length === 1 ? [0, bounds[0] ?? 0, 1] : [bounds[0] ?? 0, bounds[1] ?? 0, bounds[2] ?? 1]
    if (step === 0) throw new Unfillable('range has the step 0')
    const count = Math.max(0, Math.ceil((stop - start) / step))
    this.#budget.step(count)
    return Array.from({ length: count }, (_item, index) => start + index * step)
  }

  #arguments(args: readonly Node[]): Arguments {
    const positional: unknown[] = []
    const named = new Map<string, unknown>()
    for (const arg of args)
      if (arg.type === 'KeywordArgumentExpression') named.set(arg.key.value, this.#value(arg.value))
      else positional.push(this.#value(arg))
    return { positional, named }
  }
}
