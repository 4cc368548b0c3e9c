import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Inventory } from '../../../src/inventory/inventory.ts'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { InputError } from '../../../src/problem.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'inventory-'))
})
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true })
})

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, dirname(path)), { recursive: true })
    writeFileSync(join(cwd, path), text)
  }
}

function varsOf(inventory: Inventory, host: string): Readonly<Record<string, unknown>> {
  return inventory.hosts.get(host)?.vars ?? {}
}

async function problemsOf(...sources: string[]): Promise<string> {
  try {
    await loadInventory(sources, { cwd })
    return ''
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

test('the example that ships is fine', async () => {
  const root = new URL('../../..', import.meta.url).pathname
  const inventory = await loadInventory(['inventory/example.yml'], { cwd: root })
  expect(inventory.hosts.get('nat01.example.net')?.groups).toEqual(['canary', 'edge'])
  expect(varsOf(inventory, 'web01.example.net')).toMatchObject({ ansible_port: 2222, conntrack_max: 262_144 })
})

describe('sources', () => {
  test('are merged in their order, the later one winning', async () => {
    write({
      'a.ini': '[web]\nweb01 x=1 y=1\n',
      'b.yml': 'web:\n  hosts:\n    web01: {y: 2}\n    web02:\n',
    })
    const inventory = await loadInventory(['a.ini', 'b.yml', 'db01:2222,web01'], { cwd })
    expect([...inventory.hosts.keys()]).toEqual(['web01', 'web02', 'db01'])
    expect(varsOf(inventory, 'web01')).toMatchObject({ x: 1, y: 2 })
    expect(varsOf(inventory, 'db01')).toMatchObject({ ansible_port: 2222 })
    expect(inventory.groups.get('ungrouped')?.hosts).toEqual(['db01'])
    expect(inventory.hosts.get('web01')?.groups).toEqual(['web'])
  })

  test('a folder gives its inventories by name, and no notes, backups or variables', async () => {
    write({
      'inv/01-first': 'web01 x=1',
      'inv/02-second': 'web01 x=2',
      'inv/group_vars/all.yml': 'shared: 1',
      'inv/old.ini': 'old01',
      'inv/README.md': '# notes',
      'inv/.hidden': 'hidden01',
      'inv/more/hosts': 'web02',
    })
    const inventory = await loadInventory(['inv'], { cwd })
    expect([...inventory.hosts.keys()]).toEqual(['web01', 'web02'])
    expect(varsOf(inventory, 'web01')).toMatchObject({ x: 2, shared: 1, inventory_hostname: 'web01' })
  })

  test('a list may be longer than a path', async () => {
    const names = Array.from({ length: 2000 }, (_host, index) => `web${index}.example.net`)
    const inventory = await loadInventory([names.join(',')], { cwd })
    expect([...inventory.hosts.keys()]).toEqual(names)
  })

  test('a tenth of a million hosts load in seconds', async () => {
    write({ hosts: '[web]\nweb[00001:50000]\n[db]\ndb[00001:50000]\n[db:vars]\nx=1\n' })
    const start = performance.now()
    const inventory = await loadInventory(['hosts'], { cwd })
    expect(inventory.hosts.size).toBe(100_000)
    expect(performance.now() - start).toBeLessThan(20_000)
  })
})

test('a program is not started once a file before it is wrong', async () => {
  write({ 'folder/a.yml': '- no inventory\n', 'folder/b': '#!/bin/sh\n>"${0%/*}/started"\necho "{}"\n' })
  chmodSync(join(cwd, 'folder/b'), 0o755)
  expect(await problemsOf('folder')).toMatch(
    /^folder\/a\.yml:1:1: [^\n]*\nfolder\/b: this program was not run, since folder\/a\.yml is wrong; mend that first$/,
  )
  expect(existsSync(join(cwd, 'folder/started'))).toBe(false)
  rmSync(join(cwd, 'folder/a.yml'))
  expect(await problemsOf('folder')).toBe('')
  expect(existsSync(join(cwd, 'folder/started'))).toBe(true)
})

describe('group_vars and host_vars', () => {
  test('win by depth, priority and name, the playbook over the inventory, the host over all', async () => {
    write({
      'inv/hosts': [
        '[parent:children]',
        'child',
        'urgent',
        '[child]',
        'h ansible_user=inline',
        '[urgent]',
        'h',
        '[urgent:vars]',
        'ansible_group_priority=10',
      ].join('\n'),
      'inv/group_vars/all.yml': 'a: all\nb: all\nc: all\nd: all\ne: all\n',
      'inv/group_vars/parent': 'b: parent\nc: parent\n',
      'inv/group_vars/child/10.yml': 'c: child-10\nd: child-10\n',
      'inv/group_vars/child/20.json': '{"d": "child-20", "p": "child"}',
      'inv/group_vars/urgent.yaml': 'p: urgent\n',
      'inv/host_vars/h.yml': 'ansible_user: host_vars\n',
      'play/group_vars/all.yml': 'a: play\nb: play\n',
      'play/host_vars/h': 'e: play host\n',
    })
    const inventory = await loadInventory(['inv/hosts'], { cwd, playbookFolder: 'play' })
    expect(varsOf(inventory, 'h')).toMatchObject({
      a: 'play',
      b: 'parent',
      c: 'child-10',
      d: 'child-20',
      e: 'play host',
      p: 'urgent',
      ansible_user: 'host_vars',
    })
  })

  test('a variable named __proto__ is only a variable', async () => {
    write({ hosts: 'h __proto__=1', 'group_vars/all.yml': '__proto__: {polluted: true}\n' })
    const vars = varsOf(await loadInventory(['hosts'], { cwd }), 'h')
    expect(Object.getPrototypeOf(vars)).toBe(Object.prototype)
    expect(vars['polluted']).toBeUndefined()
    expect(Object.entries(vars)).toContainEqual(['__proto__', 1])
  })
})

test('all problems of all sources come at once', async () => {
  write({
    'a.ini': '[web\nweb[3:1]\n[late:children]\nnowhere\n',
    'b.yml': 'all:\n  hots:\n    web01:\n',
    'group_vars/all.yml': 'a: 1\na: 2\n',
  })
  expect(await problemsOf('a.ini', 'b.yml', 'missing', 'x[1:,')).toMatchInlineSnapshot(`
    "a.ini:1:1: the range [web of [web is not closed; write [01:50], [a:f] or [1:9:2]
    a.ini:2:1: the range [3:1] of web[3:1] runs backwards; write [01:50], [a:f] or [1:9:2]
    a.ini:4:1: no group nowhere is declared; add a section [nowhere] or correct the name
    b.yml:2:3: the group all has the key hots (did you mean hosts?); put groups under children:, hosts under hosts:, variables under vars:
    missing: there is no such inventory; correct the path, or name hosts with a comma: -i "missing,"
    --inventory: the range [1: of x[1: is not closed; write [01:50], [a:f] or [1:9:2]
    group_vars/all.yml:2:1: \`a\` stands a second time in this mapping, first at line 1; keep one of them"
  `)
})
