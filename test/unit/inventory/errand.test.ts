import { expect, test } from 'vitest'
import { errandsOf } from '../../../src/inventory/errand.ts'
import type { Host } from '../../../src/inventory/inventory.ts'
import { InputError } from '../../../src/problem.ts'

const none = { user: null, become: null, cwd: '/' }

function hostWith(vars: Record<string, unknown>, secrets: readonly string[] = []): Host {
  return {
    name: 'web01',
    groups: [],
    vars: { zone: 'eu-west', ...vars },
    placeOf: (name) =>
      ({ line: 1, column: 1, isSecret: secrets.includes(name) }) as ReturnType<NonNullable<Host['placeOf']>>,
  }
}

test('address, port, user and become travel; nothing that is secret, a file here, or a command', () => {
  const host = hostWith({
    ansible_host: '10.0.0.{{ number }}',
    number: 7,
    ansible_port: '2222',
    ansible_user: 'ops',
    ansible_become: 'yes',
    ansible_become_method: 'doas',
    ansible_doas_user: 'net',
    ansible_password: 'hunter22',
    ansible_become_pass: 'hunter22',
    ansible_doas_pass: 'hunter22',
    ansible_ssh_private_key_file: '/home/ops/.ssh/id',
    ansible_ssh_common_args: '-o ProxyCommand="nc %h"',
    ansible_ssh_extra_args: '-v',
    ansible_connection: 'ssh',
    token: 'hunter22',
  })
  expect(errandsOf([host], { user: 'root', become: false, cwd: '/' })).toEqual([
    {
      zone: 'eu-west',
      vars: {
        ansible_host: '10.0.0.7',
        ansible_port: 2222,
        ansible_user: 'ops',
        ansible_become: true,
        ansible_become_method: 'doas',
        ansible_doas_user: 'net',
      },
    },
  ])
})

test('--user and a play’s become count where the inventory is silent', () => {
  const [errand] = errandsOf([hostWith({})], { user: 'root', become: true, cwd: '/' })
  expect(errand?.vars).toEqual({ ansible_user: 'root', ansible_become: true })
})

test.each([
  ['no zone', hostWith({ zone: null }), /web01: no variable `zone` says whose runners can reach it/],
  ['a zone that is no name', hostWith({ zone: 'eu:west *' }), /zone is "eu:west \*", not a name/],
  [
    'this machine itself',
    hostWith({ ansible_connection: 'ansible.builtin.local' }),
    /would change its own machine/,
  ],
  ['a user from a vault', hostWith({ ansible_user: 'ops' }, ['ansible_user']), /ansible_user is encrypted/],
  ['a port that is none', hostWith({ ansible_port: 'x' }), /ansible_port is "x", not a port/],
])('%s is refused', (_, host, words) => {
  expect(() => errandsOf([host], none)).toThrow(InputError)
  expect(() => errandsOf([host], none)).toThrow(words)
})
