import { expect, test } from 'vitest'
import { orderHosts } from '../../../src/fleet/order-hosts.ts'
import type { HostOrder } from '../../../src/playbook/rollout.ts'

const given = ['web10', 'db1', 'Web2', 'web9']

test.each<[HostOrder, readonly string[]]>([
  ['inventory', ['web10', 'db1', 'Web2', 'web9']],
  ['reverse_inventory', ['web9', 'Web2', 'db1', 'web10']],
  ['sorted', ['Web2', 'db1', 'web10', 'web9']],
  ['reverse_sorted', ['web9', 'web10', 'db1', 'Web2']],
])('%s', (order, expected) => {
  expect(orderHosts(given, order, (name) => name, Math.random)).toEqual(expected)
})

test('shuffle keeps every host, and its order comes from the random numbers alone', () => {
  const numbers = [0.7, 0.1, 0.9, 0.4]
  const next = numbers[Symbol.iterator]()
  expect(
    orderHosts(
      given,
      'shuffle',
      (name) => name,
      () => next.next().value ?? 0,
    ),
  ).toEqual(['db1', 'web9', 'web10', 'Web2'])
})
