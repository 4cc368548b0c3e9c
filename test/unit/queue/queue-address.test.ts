import { expect, test } from 'vitest'
import { UsageError } from '../../../src/problem.ts'
import { readQueueAddress } from '../../../src/queue/queue-address.ts'
import { redisTrouble } from '../../../src/queue/redis-trouble.ts'

test.each([
  ['redis://queue', { host: 'queue', port: 6379, isTls: false, user: null, database: 0 }],
  ['rediss://runner@queue:6380/3', { host: 'queue', port: 6380, isTls: true, user: 'runner', database: 3 }],
  ['redis://[::1]:7000/', { host: '::1', port: 7000 }],
  ['unix:/run/redis/redis.sock', { kind: 'socket', path: '/run/redis/redis.sock' }],
])('%s', (written, expected) => {
  expect(readQueueAddress(written)).toMatchObject(expected)
})

test.each(['queue:6379', 'http://queue', 'redis://', 'redis://queue/x', 'unix:redis.sock', ''])(
  '%j is refused',
  (written) => {
    expect(() => readQueueAddress(written)).toThrow(UsageError)
  },
)

test('a password in the address is refused, and not repeated', () => {
  expect(() => readQueueAddress('redis://:hunter22@queue')).toThrow(/--queue-password-file/)
  expect(() => readQueueAddress('redis://:hunter22@queue')).not.toThrow(/hunter22/)
})

test.each([
  ['connect ECONNREFUSED 127.0.0.1:1', /nobody answers there.*start redis-server/],
  ['WRONGPASS invalid username-password pair or user is disabled.', /does not take the password/],
  ['NOAUTH Authentication required.', /wants a password/],
  ["NOPERM User runner has no permissions to run the 'info' command", /docs\/runners.md/],
  ["OOM command not allowed when used memory > 'maxmemory'.", /memory is full.*raise maxmemory/],
  ['self-signed certificate', /--queue-ca/],
  ['ssl/tls alert certificate required:SSL alert number 116', /wants a certificate .*--queue-cert/],
  ['tlsv1 alert unknown ca:SSL alert number 48', /does not take the certificate of --queue-cert/],
  ['error:0480006C:PEM routines::no start line', /--queue-key are PEM/],
  ['something else\u001b[2J', /cannot be used: something else/],
])('%s', (message, words) => {
  const { message: said } = redisTrouble(new Error(message), { address: readQueueAddress('redis://queue') })
  expect(said).toMatch(words)
  expect(said).not.toContain('\u001b')
})
