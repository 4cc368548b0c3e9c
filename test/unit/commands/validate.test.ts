import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roleOfText } from '../../../src/commands/role-of-file.ts'
import { schema, schemas } from '../../../src/commands/schema.ts'
import { validate, type ValidateOptions } from '../../../src/commands/validate.ts'
import { fileOfFormat11 } from '../secrets/vault-texts.ts'

const good = fileURLToPath(new URL('../../../playbooks/prevent.yml', import.meta.url))
const bad = fileURLToPath(new URL('../../cases/playbook/max-below-zero/playbook.yml', import.meta.url))

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'validate-'))
})
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true })
})

function put(name: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(cwd, name)), { recursive: true })
  writeFileSync(join(cwd, name), text)
  chmodSync(join(cwd, name), mode)
}

async function run(
  files: readonly string[],
  options: ValidateOptions = {},
): Promise<{ code: number; printed: string }> {
  let printed = ''
  const never = new AbortController().signal
  const code = await validate(files, options, {
    cwd,
    home: cwd,
    user: 'ops',
    version: '0',
    words: [],
    pid: 1,
    env: { PATH: process.env['PATH'] },
    now: () => new Date(0),
    random: () => 0,
    stopping: never,
    cut: never,
    stdout: { write: (text) => (printed += text) },
    stderr: { write: () => {} },
  })
  return { code, printed }
}

describe('playbooks', () => {
  test('a good one is 0 and one line', async () =>
    expect(await run([good])).toEqual({ code: 0, printed: `${good}: ok, 1 play\n` }))

  test('a folder of them is each of them', async () => {
    put('books/a.yml', '- hosts: all\n  conntrack: {max: 5000}\n')
    put('books/b.yaml', '- hosts: all\n  conntrack: {max: -1}\n')
    put('books/README.md', 'hosts\n')
    const { code, printed } = await run(['books'])
    expect(code).toBe(65)
    expect(printed).toMatch(
      /^books\/a\.yml: ok, 1 play\nbooks\/b\.yaml:2:20: conntrack\.max: -1 is too small/,
    )
    // With an inventory among them it is one of Ansible's folders.
    put('books/hosts.yml', 'web: {hosts: {web01: }}\n')
    expect((await run(['books'])).printed).toContain('books/a.yml:1:1: the inventory is a list')
  })

  test('a bad one is 65, and the others are checked all the same', async () => {
    const { code, printed } = await run([bad, 'no-such-file.yml', good])
    expect(code).toBe(65)
    const lines = printed.split('\n')
    expect(lines[0]).toContain(`${bad}:3:10: conntrack.max: -1 is too small`)
    expect(lines[1]).toBe('no-such-file.yml: there is no such file; check the path')
    expect(lines[2]).toBe(`${good}: ok, 1 play`)
  })
})

describe('inventories', () => {
  test('the example is fine', async () => {
    const example = fileURLToPath(new URL('../../../inventory/example.yml', import.meta.url))
    expect(await run([example])).toEqual({ code: 0, printed: `${example}: ok, 5 hosts in 3 groups\n` })
  })

  test('all that is wrong comes at once, with its place, in YAML', async () => {
    put('hosts.yml', 'web:\n  hots:\n    web01:\n  vars:\n    ansible_port: 70000\n  hosts:\n    web02:\n')
    put('group_vars/web.yml', 'a: 1\na: 2\n')
    const { code, printed } = await run(['hosts.yml'])
    expect(code).toBe(65)
    expect(printed.split('\n')).toEqual([
      'hosts.yml:2:3: the group web has the key hots (did you mean hosts?); put groups under children:, hosts under hosts:, variables under vars:',
      'hosts.yml:5:5: web02: ansible_port is 70000, not a port from 1 to 65535; give it a port from 1 to 65535',
      'group_vars/web.yml:2:1: `a` stands a second time in this mapping, first at line 1; keep one of them',
      '',
    ])
    rmSync(join(cwd, 'group_vars'), { recursive: true })
  })

  test('and in INI, with what ssh itself refuses', async () => {
    put(
      'hosts',
      '[web]\nweb01 ansible_port=ssh\nweb02 ansible_ssh_common_args="-o Nonsense=1"\n[db:children]\nwbe\n',
    )
    const { code, printed } = await run(['hosts'])
    expect(code).toBe(65)
    expect(printed).toContain('hosts:2:7: web01: ansible_port is "ssh", not a port from 1 to 65535')
    expect(printed).toContain('hosts:5:1: no group wbe is declared (did you mean web?)')
    expect(printed).toMatch(/hosts:?.*web02: ssh says: .*nonsense/i)
  })

  test('a slip in the name of a variable is a hint, wherever it stands, once, and no error', async () => {
    put(
      'site/hosts.yml',
      'web:\n  hosts:\n    web[01:50]: {ansible_ssh_prot: 2222}\n    web99: {ansible_scp_extra_args: -q, ansible_python_interpreter: /bin/python3}\n',
    )
    put(
      'site/group_vars/web.yml',
      'ansible_becom: yes\nansible_ssh_keyfile: x\nansible_ssh_host_key_rsa: x\n',
    )
    put('site/host_vars/web99', 'ansbile_user: ops\nmy_user: ops\n')
    expect(await run(['site/hosts.yml'])).toEqual({
      code: 0,
      printed: `site/hosts.yml:3:18: hint: ansible_ssh_prot is not read; did you mean ansible_ssh_port?
site/group_vars/web.yml:1:1: hint: ansible_becom is not read; did you mean ansible_become?
site/group_vars/web.yml:2:1: hint: ansible_ssh_keyfile is no connection variable that is read
site/host_vars/web99:1:1: hint: ansbile_user is not read; did you mean ansible_user?
site/hosts.yml: ok, 51 hosts in 1 group
`,
    })
  })

  test('a folder, a program and a list are read as a run reads them', async () => {
    put('inv/01-hosts', '[web]\nweb01\n')
    put(
      'inv/02-cloud',
      '#!/bin/sh\necho \'{"db": ["db01"], "_meta": {"hostvars": {"db01": {"ansible_sudo_paas": "x"}}}}\'\n',
      0o755,
    )
    put('broken', '#!/bin/sh\necho no page >&2; exit 3\n', 0o755)
    const { code, printed } = await run(['inv', 'broken', 'web01,web02:2222,'])
    expect(code).toBe(65)
    expect(printed).toBe(`inv/02-cloud: hint: ansible_sudo_paas is not read; did you mean ansible_sudo_pass?
inv: ok, 2 hosts in 2 groups
broken: the program ended with status 3 when asked for --list: no page; run it by hand: ./broken --list
web01,web02:2222,: ok, 2 hosts
`)
  })

  test('what is encrypted or set elsewhere takes a password and -e', async () => {
    put('secret.yml', fileOfFormat11)
    put('pass', 'correct horse\n', 0o600)
    put('login.yml', 'web: {hosts: {web01: {ansible_user: "{{ login }}"}}}\n')
    const { code, printed } = await run(['secret.yml', 'login.yml'])
    expect(code).toBe(65)
    expect(printed).toMatch(/^secret\.yml:1:1: the file is encrypted with ansible-vault.*--vault/)
    expect(printed).toMatch(/login\.yml:1:23: web01: ansible_user cannot be filled in: .*login/)
    expect(await run(['login.yml'], { extraVars: ['login=ops'] })).toEqual({
      code: 0,
      printed: 'login.yml: ok, 1 host in 1 group\n',
    })
    expect((await run(['secret.yml'], { vaultPasswordFile: ['pass'] })).printed).not.toContain('encrypted')
  })

  test('a file of group_vars is one of variables', async () => {
    put('group_vars/web.yml', 'ansible_usr: ops\nlimit: 5\n')
    expect(await run(['group_vars/web.yml'])).toEqual({
      code: 0,
      printed:
        'group_vars/web.yml:1:1: hint: ansible_usr is not read; did you mean ansible_user?\ngroup_vars/web.yml: ok, 2 variables\n',
    })
    put('host_vars/web01', '- a\n')
    expect((await run(['host_vars/web01'])).printed).toBe(
      'host_vars/web01:1:1: the variables are not a mapping; write each as name: value\n',
    )
  })

  test('nothing that a terminal obeys comes out of a file', async () => {
    put('hostile/hosts.yml', 'web: {hosts: {a: {"ansible_port\\e7": 1, "ansible_port\\n": [1]}}}\n')
    const { code, printed } = await run(['hostile/hosts.yml'])
    expect(code).toBe(0)
    expect(printed.match(/hint: ansible_port/g)).toHaveLength(2)
    expect(printed.trim().split('\n')).toHaveLength(3)
    expect(printed).not.toContain('\u001b')
  })
})

test.each([
  ['playbook', 'p.yml', '- hosts: all\n'],
  ['playbook', 'p.yml', '# only a comment\n'],
  ['playbook', 'p.yml', '---\n\n- name: x\n'],
  ['playbook', 'p.json', '[{"hosts": "all"}]'],
  ['playbook', 'p', '- hosts: all\n'],
  ['playbook', 'p.yml', 'name: Raise\nhosts: all\nconntrack:\n  max: 5\n'],
  ['playbook', 'p.yml', 'stateless_rules:\n  - {port: 80, protocol: tcp}\n'],
  ['playbook', 'plan.json', '{\n  "kind": "plan",\n  "sha256": "00"\n}'],
  ['inventory', 'h.yml', 'all:\n  hosts:\n    a:\n'],
  ['inventory', 'h.yml', 'hosts:\n  hosts:\n    a:\n'],
  ['inventory', 'h.yml', 'all: [\n'],
  ['inventory', 'h.json', '{"all": {"hosts": {"a": null}}}'],
  ['inventory', 'h.yml', '[web]\nweb01\n'],
  ['inventory', 'h', '[web]\nweb01\n'],
  ['inventory', 'h', 'web01 a=b\n'],
  ['inventory', 'h.toml', '[web]\n'],
  ['inventory', 'h', '$ANSIBLE_VAULT;1.1;AES256\n6162\n'],
] as const)('%s: %s %j', (role, name, text) => expect(roleOfText(text, name)).toBe(role))

test.each(Object.keys(schemas) as (keyof typeof schemas)[])(
  'schema %s prints what stands in schema/, and is 0',
  (name) => {
    let printed = ''
    expect(schema(name, (text) => (printed += text))).toBe(0)
    expect(printed).toBe(
      readFileSync(new URL(`../../../schema/${name}.schema.json`, import.meta.url), 'utf8'),
    )
  },
)
