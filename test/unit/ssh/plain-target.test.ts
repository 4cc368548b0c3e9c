import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { directTarget } from '../../../src/ssh/direct-target.ts'
import { plainTarget, targetFromPlain } from '../../../src/ssh/plain-target.ts'
import { Secret } from '../../../src/ssh/secret.ts'
import type { Target } from '../../../src/ssh/target.ts'

const common = {
  ...directTarget,
  password: null,
  ...{ address: '192.0.2.1', port: 22, user: 'ops', identityFiles: [] },
  hostKeys: { checking: 'yes', knownHostsFiles: ['/k'] },
  limits: { connectSeconds: 1, loginSeconds: 1, commandSeconds: 1, keepaliveSeconds: 1, outputBytes: 1 },
} as const
const bastion: Target = { ...common, become: null, name: 'gate', password: new Secret('of the gate') }
const target: Target = {
  ...common,
  name: 'web01',
  passphrase: new Secret('of the key'),
  route: { kind: 'jump', through: bastion },
  become: { method: 'sudo', user: 'root', program: 'sudo', flags: ['-H'], password: new Secret('of root') },
}

test('a target comes out of another thread as it went in, secrets included', () => {
  const back = targetFromPlain(structuredClone(plainTarget(target)))
  expect(back).toEqual(target)
  expect(back.passphrase?.reveal()).toBe('of the key')
  expect(back.become?.password?.reveal()).toBe('of root')
  expect(back.route.kind === 'jump' && back.route.through.password?.reveal()).toBe('of the gate')
  expect(inspect(back, { depth: 9 })).not.toMatch(/of the|of root/)
})
