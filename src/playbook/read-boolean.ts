import { misread, read, type Reading } from './reading.ts'
import { showValue } from '../show-value.ts'

const words = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['no', false],
  ['off', false],
])

/** The boolean that a value is or names: `true`, and as YAML 1.1 and Ansible have it `yes` and `on`. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const isWord = typeof value === 'string' && /^(?:[a-z]+|[A-Z][a-z]+|[A-Z]+)$/.test(value)
  return isWord ? words.get(value.toLowerCase()) : undefined
}

export function readBoolean(value: unknown): Reading<boolean> {
  const boolean = booleanOf(value)
  if (boolean !== undefined) return read(boolean)
  return misread(`expected true or false, got ${showValue(value)}`, 'write true or false')
}
