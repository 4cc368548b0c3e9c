import { type DrainFilter, drainProtocols, tcpStates } from '../kernel/drain-filter.ts'
import { nearest } from '../nearest.ts'
import { showValue } from '../show-value.ts'
import { readWholeNumber } from './read-number.ts'
import { readTimeout } from './read-timeout.ts'
import { isMapping, mapped, readParts } from './read-parts.ts'
import { misread, read, readItems, type Reader, type Reading } from './reading.ts'

/** Filters of a play; each is a pass of its own over the entries. */
const mostFilters = 16

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)

type Part = Partial<DrainFilter>

const parts: Readonly<Record<string, Reader<Part>>> = {
  protocol: (value) => word(value, drainProtocols, 'protocol', (protocol) => ({ protocol })),
  state: (value) => word(value, tcpStates, 'TCP state', (state) => ({ state })),
  port: (value) =>
    mapped(readWholeNumber(value, { unit: 'number', minimum: 1, maximum: 65_535 }), (port) => ({ port })),
  source: (value) => mapped(readAddress(value), (source) => ({ source })),
  destination: (value) => mapped(readAddress(value), (destination) => ({ destination })),
  idle: (value) =>
    mapped(readTimeout(value, { unit: 'seconds', minimum: 1, maximum: 2_147_483 }), (idleSeconds) => ({
      idleSeconds,
    })),
}

/** Which entries to delete: a filter, or a list of such. */
export function readDrain(value: unknown): Reading<readonly DrainFilter[]> {
  if (!Array.isArray(value)) return mapped(readFilter(value), (filter) => [filter])
  if (value.length === 0 || value.length > mostFilters)
    return misread(
      `expected 1 to ${mostFilters} filters, got ${value.length}`,
      'write some, or remove the line',
    )
  return readItems(value as unknown[], readFilter)
}

function readFilter(value: unknown): Reading<DrainFilter> {
  if (!isMapping(value))
    return misread(
      `expected a filter, got ${showValue(value)}`,
      'write e.g. {protocol: tcp, state: TIME_WAIT}',
    )
  const filter = readParts(value, parts, 'a filter')
  if (!filter.ok) return filter
  const { protocol, state, port, source, destination } = filter.value
  if ([protocol, state, port, source, destination].every((part) => part === undefined))
    return misread(
      'a filter without protocol, state, port or address would delete the whole table',
      'say which entries are meant',
    )
  if (state !== undefined && protocol !== undefined && protocol !== 'tcp')
    return misread(`${protocol} has no state ${state}`, 'leave out state, or write protocol: tcp')
  // Only TCP has states; so the filter says what it means wherever it is shown.
  return read(state === undefined ? filter.value : { ...filter.value, protocol: 'tcp' })
}

function readAddress(value: unknown): Reading<string> {
  if (typeof value === 'string' && (ipv4.test(value) || isIpv6(value))) return read(value)
  return misread(
    `expected one IPv4 or IPv6 address, got ${showValue(value)}`,
    'write an address without a mask, in quotes if it is IPv6',
  )
}

function isIpv6(text: string): boolean {
  if (!/^[0-9A-Fa-f:]{2,39}$/.test(text) || !text.includes(':')) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const isWhole = halves.length === 1 ? groups.length === 8 : groups.length < 8
  return isWhole && groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))
}

function word<Word extends string>(
  value: unknown,
  words: readonly Word[],
  what: string,
  name: (found: Word) => Part,
): Reading<Part> {
  const found = words.find((one) => one === value)
  if (found !== undefined) return read(name(found))
  const close = typeof value === 'string' ? nearest(value, words) : undefined
  return misread(
    `there is no ${what} ${showValue(value)}`,
    close === undefined ? `use one of ${words.join(', ')}` : `did you mean ${close}?`,
  )
}
