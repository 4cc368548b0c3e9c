import { nearest } from '../nearest.ts'
import { showValue } from '../show-value.ts'
import { readTimeout } from './read-timeout.ts'
import { mapped } from './read-parts.ts'
import { misread, read, readItems, type Reading } from './reading.ts'
import { type BatchSize, type HostOrder, hostOrders, mostHosts } from './rollout.ts'

/** The longest that a rollout may wait for its hosts: a day. */
export const longestWaitSeconds = 86_400

/** `5`, `"10%"`, or a list of such: the sizes of the batches. */
export function readSerial(value: unknown): Reading<readonly BatchSize[]> {
  if (!Array.isArray(value)) return mapped(readBatchSize(value), (size) => [size])
  if (value.length === 0) return misread('the list of batches is empty', 'write `serial: [1, 10%, 100%]`')
  return readItems(value as unknown[], readBatchSize)
}

function readBatchSize(value: unknown): Reading<BatchSize> {
  const text = typeof value === 'number' ? String(value) : value
  const [, digits = '', sign = ''] =
    typeof text === 'string' ? (/^(\d{1,7}(?:\.\d{1,3})?)( ?%)?$/.exec(text) ?? []) : []
  const amount = Number(digits)
  const isPercent = sign !== ''
  if (digits !== '' && isPercent && amount > 0 && amount <= 100) return read({ unit: 'percent', amount })
  if (digits !== '' && !isPercent && Number.isInteger(amount) && amount > 0)
    return read({ unit: 'hosts', amount })
  return misread(
    `expected a number of hosts or a share of them, got ${showValue(value)}`,
    'write a whole number from 1, a percentage like 10%, or a list: [1, 10%, 100%]',
  )
}

export function readOrder(value: unknown): Reading<HostOrder> {
  const order = hostOrders.find((name) => name === value)
  if (order !== undefined) return read(order)
  const close = typeof value === 'string' ? nearest(value, [...hostOrders]) : undefined
  return misread(
    `expected an order of hosts, got ${showValue(value)}`,
    close === undefined ? `write one of ${hostOrders.join(', ')}` : `did you mean ${close}?`,
  )
}

/** Hosts at once. */
export function readThrottle(value: unknown): Reading<number> {
  const number = typeof value === 'string' && /^\d{1,7}$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= mostHosts)
    return read(number)
  return misread(`expected a number of hosts, got ${showValue(value)}`, 'write a whole number from 1')
}

export function readPercentage(value: unknown): Reading<number> {
  const [, digits = ''] = typeof value === 'string' ? (/^(\d{1,3}(?:\.\d{1,3})?) ?%?$/.exec(value) ?? []) : []
  const percent = digits === '' ? value : Number(digits)
  if (typeof percent === 'number' && percent >= 0 && percent <= 100) return read(percent)
  return misread(`expected a percentage, got ${showValue(value)}`, 'write a number from 0 to 100')
}

/** Seconds that a rollout waits. */
export function readWait(value: unknown): Reading<number> {
  return readTimeout(value, {
    minimum: 0,
    maximum: longestWaitSeconds,
    whyMaximum: 'a run may wait a day at most',
    unit: 'seconds',
  })
}

/** Shorter than a slow login is no time to confirm anything, and what waits for longer is forgotten. */
export const confirmBounds = { minimum: 5, maximum: 3600 } as const

/** Seconds within which a new connection has to confirm a change. */
export function readConfirm(value: unknown): Reading<number> {
  return readTimeout(value, {
    ...confirmBounds,
    whyMaximum: 'a change may wait an hour at most to be confirmed',
    unit: 'seconds',
  })
}
