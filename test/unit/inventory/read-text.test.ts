import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { readText } from '../../../src/inventory/read-text.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-text-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function refusal(name: string): Promise<string> {
  const read = await readText(join(folder, name), name)
  return read.ok ? '' : `${read.problem.what}; ${read.problem.remedy}`
}

test('a file of 16 MB is read, one byte more is refused, and so is a device without end', async () => {
  const bytes = 16 * 1024 * 1024
  writeFileSync(join(folder, 'long'), '#'.repeat(bytes))
  const read = await readText(join(folder, 'long'), 'long')
  expect(read.ok && read.file.text.length).toBe(bytes)
  truncateSync(join(folder, 'long'), bytes + 1)
  expect(await refusal('long')).toMatch(/^the file is longer than 16 MB; /)
  const endless = await readText('/dev/zero', 'zero')
  expect(endless.ok).toBe(false)
})

test('what cannot be opened says why', async () => {
  symlinkSync('loop', join(folder, 'loop'))
  mkdirSync(join(folder, 'folder'))
  expect(await refusal('loop')).toBe('the symbolic links go round in a circle; correct the link')
  expect(await refusal('gone')).toBe('there is no such file or folder; correct the path')
  expect(await refusal('folder')).toBe('the file cannot be read (EISDIR); correct the path or the file')
})

test('lines that are not UTF-8 are told by number', async () => {
  writeFileSync(join(folder, 'latin1'), Buffer.from('one\ncaf\xe9\nthree\n\xff', 'latin1'))
  const read = await readText(join(folder, 'latin1'), 'latin1')
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
