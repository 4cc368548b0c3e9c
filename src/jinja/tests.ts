import { type Arguments, numberOf } from './arguments.ts'
import { applyOperator } from './operators.ts'
import { regexSearch } from './regex-clock.ts'
import type { Budget } from './budget.ts'
import { asText, defined, isMap, isNumber, isTrue, Undefined } from './value.ts'

type Test = (value: unknown, given: Arguments, budget: Budget) => boolean

const operator =
  (symbol: string): Test =>
  (value, { positional }, budget) =>
    isTrue(applyOperator(symbol, value, positional[0], budget))

const regex =
  (frame: (source: string) => string): Test =>
  (value, { positional: [source], named }) =>
    regexSearch(asText(value), frame(asText(source)), isTrue(named.get('ignorecase') ?? false)).length > 0

const kind =
  (is: (value: unknown) => boolean): Test =>
  (value) =>
    is(defined(value))

/** The tests of Jinja and Ansible that values are made with (`x is defined`). */
export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['defined', (value) => !(value instanceof Undefined)],
  ['undefined', (value) => value instanceof Undefined],
  ['none', kind((value) => value === null)],
  ['boolean', kind((value) => typeof value === 'boolean')],
  ['true', kind((value) => value === true)],
  ['false', kind((value) => value === false)],
  ['truthy', (value) => isTrue(value)],
  ['falsy', (value) => !isTrue(value)],
  ['string', kind((value) => typeof value === 'string')],
  ['number', kind((value) => isNumber(value) || typeof value === 'boolean')],
  ['integer', kind((value) => Number.isInteger(value))],
  ['float', kind((value) => isNumber(value) && !Number.isInteger(value))],
  ['mapping', kind(isMap)],
  ['iterable', kind((value) => typeof value === 'string' || Array.isArray(value) || isMap(value))],
  ['sequence', kind((value) => typeof value === 'string' || Array.isArray(value) || isMap(value))],
  ['lower', (value) => asText(value) === asText(value).toLowerCase()],
  ['upper', (value) => asText(value) === asText(value).toUpperCase()],
  ['odd', (value) => numberOf(value) % 2 !== 0],
  ['even', (value) => numberOf(value) % 2 === 0],
  ['divisibleby', (value, { positional }) => numberOf(value) % numberOf(positional[0]) === 0],
  ...['==', 'eq', 'equalto'].map((name) => [name, operator('==')] as const),
  ['ne', operator('!=')],
  ...['lt', 'lessthan'].map((name) => [name, operator('<')] as const),
  ['le', operator('<=')],
  ...['gt', 'greaterthan'].map((name) => [name, operator('>')] as const),
  ['ge', operator('>=')],
  ['in', operator('in')],
  ['contains', (value, { positional }, budget) => isTrue(applyOperator('in', positional[0], value, budget))],
  ['match', regex((source) => `^(?:${source})`)],
  ['search', regex((source) => source)],
  ['regex', regex((source) => source)],
])
