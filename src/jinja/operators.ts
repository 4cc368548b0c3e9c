import type { Budget } from './budget.ts'
import {
  areEqual,
  asText,
  compare,
  defined,
  describe,
  isLazyMapping,
  isMap,
  isNumber,
  Unfillable,
} from './value.ts'

/** Applies a binary operator of Jinja, `and` and `or` aside, with Python's meaning. Throws Unfillable. */
export function applyOperator(operator: string, left: unknown, right: unknown, budget: Budget): unknown {
  switch (operator) {
    case '==':
      return areEqual(left, right)
    case '!=':
      return !areEqual(left, right)
    case '<':
      return compare(left, right) < 0
    case '<=':
      return compare(left, right) <= 0
    case '>':
      return compare(left, right) > 0
    case '>=':
      return compare(left, right) >= 0
    case 'in':
      return contains(right, left)
    case 'not in':
      return !contains(right, left)
    case '~':
      return budget.text(asText(left) + asText(right))
    default:
      return arithmetic(operator, defined(left), defined(right), budget)
  }
}

function contains(container: unknown, item: unknown): boolean {
  const known = defined(container)
  if (Array.isArray(known)) return known.some((member) => areEqual(member, item))
  if (typeof known === 'string' && typeof item === 'string') return known.includes(item)
  if (isLazyMapping(known)) return known.get(asText(item)) !== undefined
  if (isMap(known)) return Object.hasOwn(known, asText(item))
  throw new Unfillable(`nothing can be in ${describe(known)}`)
}

function arithmetic(operator: string, left: unknown, right: unknown, budget: Budget): unknown {
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return budget.text(left + right)
    if (Array.isArray(left) && Array.isArray(right)) {
      budget.step(left.length + right.length)
      return [...left, ...right]
    }
  }
  if (operator === '*' && typeof left === 'string' && isNumber(right)) {
    const times = Math.max(0, Math.trunc(right))
    budget.characters(left.length * times)
    return left.repeat(times)
  }
  const [one, other] = [left, right].map((value) => (typeof value === 'boolean' ? Number(value) : value))
  if (!isNumber(one) || !isNumber(other))
    throw new Unfillable(`${operator} does not go with ${describe(left)} and ${describe(right)}`)
  return safe(calculate(operator, one, other))
}

function calculate(operator: string, left: number, right: number): number {
  if (['/', '//', '%'].includes(operator) && right === 0) throw new Unfillable('a number is divided by zero')
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '//':
      return Math.floor(left / right)
    case '%':
      // Python's remainder has the sign of the divisor.
      return left - Math.floor(left / right) * right
    case '**':
      return left ** right
    default:
      throw new Unfillable(`the operator ${operator} is not known`)
  }
}

/** Integers beyond 2^53 would come out wrong without a word. */
function safe(value: number): number {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value
  throw new Unfillable('a number is too large to calculate with')
}
