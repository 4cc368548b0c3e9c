import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAnsibleConfig } from '../../../src/inventory/ansible-config.ts'
import { formatProblem } from '../../../src/problem.ts'

let cwd = ''
let home = ''
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'ansible-config-'))
  cwd = join(folder, 'work')
  home = join(folder, 'home')
  mkdirSync(cwd, { mode: 0o755 })
  mkdirSync(home)
})
afterEach(() => {
  rmSync(join(cwd, '..'), { recursive: true, force: true })
})

const nothing = { config: {}, problems: [], warnings: [] }

test('all that counts, as configparser reads it', async () => {
  writeFileSync(
    join(cwd, 'ansible.cfg'),
    [
      '# comment',
      '[defaults]',
      'inventory = hosts, ./more ,~/fleet',
      'Remote_User: ops ; who logs in',
      'private_key_file=$KEYS/id',
      'host_key_checking = False',
      'forks = 20',
      'timeout=30',
      'vault_password_file = {{CWD}}/pass',
      'roles_path = roles',
      '[ssh_connection]',
      'timeout = 99',
      '',
    ].join('\n'),
  )
  expect(await readAnsibleConfig({ cwd, home, env: { KEYS: '/keys' } })).toEqual({
    config: {
      inventory: [join(cwd, 'hosts'), join(cwd, 'more'), join(home, 'fleet')],
      user: 'ops',
      keyFile: '/keys/id',
      hostKeyChecking: false,
      forks: 20,
      timeoutSeconds: 30,
      vaultPasswordFile: join(cwd, 'pass'),
    },
    problems: [],
    warnings: [],
  })
})

test('a list on several lines, and a variable that beats the file', async () => {
  writeFileSync(join(cwd, 'ansible.cfg'), '[defaults]\ninventory = a,\n    b\nforks = 3\n')
  const { config } = await readAnsibleConfig({
    cwd,
    home,
    env: { ANSIBLE_FORKS: '7', ANSIBLE_INVENTORY: '' },
  })
  expect(config).toEqual({ inventory: [join(cwd, 'a'), join(cwd, 'b')], forks: 7 })
})

test('the first file that is there counts alone', async () => {
  expect(await readAnsibleConfig({ cwd, home, env: {} })).toEqual(nothing)
  writeFileSync(join(home, '.ansible.cfg'), '[defaults]\nforks = 1\ntimeout = 5\n')
  expect((await readAnsibleConfig({ cwd, home, env: {} })).config).toEqual({ forks: 1, timeoutSeconds: 5 })
  writeFileSync(join(cwd, 'ansible.cfg'), '[defaults]\nforks = 2\n')
  expect((await readAnsibleConfig({ cwd, home, env: {} })).config).toEqual({ forks: 2 })
  mkdirSync(join(cwd, 'etc'))
  writeFileSync(join(cwd, 'etc', 'ansible.cfg'), '[defaults]\nforks = 3\n')
  expect((await readAnsibleConfig({ cwd, home, env: { ANSIBLE_CONFIG: 'etc' } })).config).toEqual({
    forks: 3,
  })
  expect((await readAnsibleConfig({ cwd, home, env: { ANSIBLE_CONFIG: 'nowhere' } })).config).toEqual({
    forks: 2,
  })
})

test('not from a folder that all may write to', async () => {
  writeFileSync(join(cwd, 'ansible.cfg'), '[defaults]\nforks = 2\n')
  chmodSync(cwd, 0o777)
  expect(await readAnsibleConfig({ cwd, home, env: {} })).toEqual({
    ...nothing,
    warnings: [`${cwd}/ansible.cfg is not read, since all users of this machine may write to its folder`],
  })
  expect((await readAnsibleConfig({ cwd, home, env: { ANSIBLE_CONFIG: 'ansible.cfg' } })).config).toEqual({
    forks: 2,
  })
})

test('values that make no sense, with their places', async () => {
  writeFileSync(join(cwd, 'ansible.cfg'), '[defaults]\nforks = many\n\nhost_key_checking = perhaps\n')
  const { problems } = await readAnsibleConfig({ cwd, home, env: { ANSIBLE_TIMEOUT: '0' } })
  expect(problems.map(formatProblem)).toEqual([
    `${cwd}/ansible.cfg:4:1: host_key_checking is "perhaps", not yes or no; correct or remove it`,
    `${cwd}/ansible.cfg:2:1: forks is "many", not a whole number from 1 to 5000; correct or remove it`,
    'ANSIBLE_TIMEOUT: timeout is "0", not a whole number from 1 to 3600; correct or remove it',
  ])
})
