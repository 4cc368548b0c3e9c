import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inventoryCommand, type InventoryOptions } from '../../../src/commands/inventory.ts'
import { UsageError } from '../../../src/problem.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'inventory-command-'))
  writeFileSync(join(cwd, 'hosts'), 'lonely z=1 a="é"\n[web]\nweb[1:2]\n[site:children]\nweb\n[empty]\n')
})
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true })
})

async function run(options: Omit<InventoryOptions, 'sources'>, sources = ['hosts']): Promise<string> {
  let printed = ''
  const write = (text: string): void => {
    printed += text
  }
  expect(
    await inventoryCommand(
      { ...options, sources },
      {
        cwd,
        home: cwd,
        env: {},
        stopping: new AbortController().signal,
        stdout: { write },
        stderr: { write },
      },
    ),
  ).toBe(0)
  return printed
}

test('--list prints groups and variables, keys sorted, four blanks deep', async () => {
  const printed = await run({ list: true })
  expect(printed).toMatch(
    /^\{\n {4}"_meta": \{\n {8}"hostvars": \{\n {12}"lonely": \{\n {16}"a": "é",\n {16}"z": 1\n/,
  )
  expect(JSON.parse(printed)).toEqual({
    _meta: { hostvars: { lonely: { a: 'é', z: 1 } } },
    all: { children: ['ungrouped', 'site', 'empty'] },
    site: { children: ['web'] },
    ungrouped: { hosts: ['lonely'] },
    web: { hosts: ['web1', 'web2'] },
  })
})

test('--graph draws the tree', async () => {
  expect(await run({ graph: true })).toBe(
    `@all:
  |--@ungrouped:
  |  |--lonely
  |--@site:
  |  |--@web:
  |  |  |--web1
  |  |  |--web2
  |--@empty:
`,
  )
})

test('--host prints the variables of one host', async () => {
  expect(await run({ host: 'web1' })).toBe('{}\n')
  await expect(run({ host: 'web' })).rejects.toThrow(
    '--host takes the name of one host, but web names several',
  )
})

test('--hosts lists what a pattern selects, --limit narrows it', async () => {
  expect(await run({ hosts: 'all' })).toBe('  hosts (3):\n    lonely\n    web1\n    web2\n')
  expect(await run({ hosts: 'all', limit: 'web[1]' })).toBe('  hosts (1):\n    web2\n')
  expect(await run({ hosts: 'web:&lonely' })).toBe('  hosts (0):\n')
})

test('exactly one thing is asked for, of some inventory', async () => {
  await expect(run({})).rejects.toThrow(UsageError)
  await expect(run({ list: true, graph: true })).rejects.toThrow(UsageError)
  await expect(run({ list: true, limit: 'web' })).rejects.toThrow(UsageError)
  await expect(run({ list: true }, [])).rejects.toThrow(UsageError)
})
