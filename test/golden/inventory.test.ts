import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileOfFormat11, fileOfFormat12 } from '../unit/secrets/vault-texts.ts'
import { type Ended, runProgram } from './run-program.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'conntrackctl-inventory-'))
  chmodSync(cwd, 0o755)
  mkdirSync(join(cwd, 'inv', 'group_vars', 'all'), { recursive: true })
  writeFileSync(join(cwd, 'inv', '01-hosts'), '[web]\nweb01 ansible_port="{{ base + }}"\n')
  writeFileSync(
    join(cwd, 'inv', '02-cloud'),
    '#!/bin/sh\necho \'{"db": ["db01"], "_meta": {"hostvars": {"db01": {"ansible_host": "{{ nowhere }}"}}}}\'\n',
  )
  chmodSync(join(cwd, 'inv', '02-cloud'), 0o755)
  writeFileSync(join(cwd, 'inv', 'group_vars', 'all', 'one.yml'), fileOfFormat11)
  writeFileSync(join(cwd, 'inv', 'group_vars', 'all', 'two.yml'), fileOfFormat12)
  writeFileSync(join(cwd, 'pass'), 'correct horse\n', { mode: 0o600 })
  writeFileSync(join(cwd, 'other'), '#!/bin/sh\necho other\n')
  chmodSync(join(cwd, 'other'), 0o755)
  writeFileSync(
    join(cwd, 'ansible.cfg'),
    '[defaults]\ninventory = inv\nvault_password_file = pass\nremote_user = ops\n',
  )
  writeFileSync(
    join(cwd, 'play.yml'),
    '- hosts: all\n  conntrack: {max: "{{ ansible_port_base | default(65536) }}"}\n',
  )
})
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true })
})

function run(words: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return runProgram(words, { cwd, env })
}

describe('an inventory that ansible.cfg names, with a program and two vaults in it', () => {
  test.each([
    ['--vault-id', 'prod@other'],
    ['--vault-password-file', 'other'],
    ['--vault-pass-file', 'other'],
  ])('is read with %s', async (...words) => {
    const { exitCode, stdout, stderr } = await run(['inventory', '--list', ...words])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      _meta: { hostvars: { web01: { db_password: 'hunter2' }, db01: { ansible_host: '{{ nowhere }}' } } },
      db: { hosts: ['db01'] },
    })
  })

  test('and refused without the second password', async () => {
    const { exitCode, stdout, stderr } = await run(['inventory', '--list'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: '' })
    expect(stderr).toBe(
      `${cwd}/inv/group_vars/all/two.yml:1:1: the file is encrypted with ansible-vault (its label is prod): the vault password does not open it; give the password that it was encrypted with; if it is that, the text is damaged\n`,
    )
  })

  test('a template that cannot be filled is refused with its place, before any host is contacted', async () => {
    const { exitCode, stderr } = await run(['plan', 'play.yml', '--vault-id', 'prod@other'])
    expect(exitCode).toBe(65)
    expect(stderr.split('\n').slice(0, 2).sort()).toEqual([
      `${cwd}/inv/01-hosts:2:7: web01: ansible_port cannot be filled in: {{ base + }} is not understood as Jinja (unexpected token: CloseExpression); correct the template, or set what it refers to`,
      `${cwd}/inv/02-cloud: db01: ansible_host cannot be filled in: {{ nowhere }}: no variable nowhere is known; correct the template, or set what it refers to`,
    ])
  })

  test('the environment beats the file, and the command line both', async () => {
    writeFileSync(join(cwd, 'alone'), 'lonely\n')
    const named = await run(['inventory', '--hosts', 'all', '--vault-id', 'prod@other'], {
      ANSIBLE_INVENTORY: 'alone',
    })
    expect(named.stdout).toBe('  hosts (1):\n    lonely\n')
    const given = await run(['inventory', '--hosts', 'all', '-i', '[::1],[2001:db8::2]:2222,'])
    expect(given.stdout).toBe('  hosts (2):\n    [::1]\n    2001:db8::2\n')
  })
})
