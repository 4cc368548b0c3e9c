import { expect, test } from 'vitest'
import { connectFailure } from '../../../src/ssh/connect-failure.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

test.for([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'no_route'],
  ['ENETUNREACH', 'no_route'],
  ['EADDRNOTAVAIL', 'no_route'],
  ['EPERM', 'no_route'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNRESET', 'dropped'],
  ['EMFILE', 'settings'],
] as const)('%s is %s', ([code, kind]) => {
  const failure = connectFailure(systemError(code), 'web port 22')
  expect(failure).toMatchObject({ kind, stage: 'connect' })
  expect(failure.message).toMatch(/^web port 22 /)
  expect(failure.hint).not.toBe('')
})

test('an error that is not known shows what the system said', () => {
  const failure = connectFailure(new Error('strange\x1b[2J'), 'web port 22')
  expect(failure).toMatchObject({
    kind: 'no_route',
    message: 'web port 22 cannot be reached: strange\\x1b[2J',
  })
})

test('of several addresses the first one that says something known counts', () => {
  const all = new AggregateError([systemError('ESTRANGE'), systemError('ECONNREFUSED')], 'all failed')
  expect(connectFailure(all, 'web port 22').kind).toBe('refused')
})
