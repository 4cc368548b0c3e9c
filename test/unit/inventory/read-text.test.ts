import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { inventoryLimit } from '../../../src/inventory/inventory-limit.ts'
import { readText } from '../../../src/yaml/read-text.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-text-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function refusal(name: string): Promise<string> {
  const read = await readText(join(folder, name), name, inventoryLimit)
  return read.ok ? '' : `${read.problem.what}; ${read.problem.remedy}`
}

test('a file of 16 MB is read, one byte more is refused, and so is a device without end', async () => {
  const bytes = 16 * 1024 * 1024
  writeFileSync(join(folder, 'long'), '#'.repeat(bytes))
  const read = await readText(join(folder, 'long'), 'long', inventoryLimit)
  expect(read.ok && read.file.text.length).toBe(bytes)
  truncateSync(join(folder, 'long'), bytes + 1)
  expect(await refusal('long')).toBe(
    'larger than 16 MiB, which is not read; give an inventory or a vars file',
  )
  const endless = await readText('/dev/zero', 'zero', inventoryLimit)
  expect(endless.ok).toBe(false)
})

test('what cannot be opened says why', async () => {
  symlinkSync('loop', join(folder, 'loop'))
  mkdirSync(join(folder, 'folder'))
  expect(await refusal('loop')).toBe('the symbolic links go round in a circle; correct the link')
  expect(await refusal('gone')).toBe('there is no such file; check the path')
  expect(await refusal('folder')).toBe('this is a folder, not a file; name one of the files in it')
})

test('lines that are not UTF-8 are told by number', async () => {
  writeFileSync(join(folder, 'latin1'), Buffer.from('one\ncaf\xe9\nthree\n\xff', 'latin1'))
  const read = await readText(join(folder, 'latin1'), 'latin1', inventoryLimit)
  expect(read.ok && read.file.strangeLines).toEqual([2, 4])
})

test('a byte order mark is no part of the text', async () => {
  writeFileSync(join(folder, 'bom'), '\ufeff[web]\nweb01\n')
  const { groups } = await loadInventory(['bom'], { cwd: folder })
  expect(groups.get('web')?.hosts).toEqual(['web01'])
})

test('folders that lead into themselves are read once', async () => {
  mkdirSync(join(folder, 'round'))
  symlinkSync('.', join(folder, 'round', 'again'))
  writeFileSync(join(folder, 'round', 'hosts'), 'web01\n')
  const { hosts } = await loadInventory(['round'], { cwd: folder })
  expect([...hosts.keys()]).toEqual(['web01'])
})
