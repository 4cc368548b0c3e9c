import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeAtomically } from '../../../src/record/atomic-write.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a file gets its text and its mode, whatever the umask, and nothing else is left', async () => {
  const folder = temporaryFolder()
  const before = process.umask(0o077)
  try {
    await writeAtomically(join(folder, 'file'), 'text\n', 0o644)
  } finally {
    process.umask(before)
  }
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('text\n')
  expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o644)
  expect(readdirSync(folder)).toEqual(['file'])
})

test('a reader sees the old text or the new one, never a part', async () => {
  const path = join(temporaryFolder(), 'file')
  const texts = ['old', 'new'].map((word) => `${word} `.repeat(200_000))
  writeFileSync(path, texts[0] ?? '')
  const progress = { isOver: false }
  const writer = (async () => {
    for (let n = 0; n < 20; n += 1) await writeAtomically(path, texts[n % 2] ?? '', 0o600)
    progress.isOver = true
  })()
  while (!progress.isOver) {
    expect(texts).toContain(readFileSync(path, 'utf8'))
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  await writer
})

test('pieces are written in their order', async () => {
  const path = join(temporaryFolder(), 'file')
  const pieces = Array.from({ length: 30_000 }, (_, n) => `${n}é\n`)
  await writeAtomically(path, pieces, 0o600)
  expect(readFileSync(path, 'utf8')).toBe(pieces.join(''))
})

test('what cannot be written leaves the target as it was and no temporary behind', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'target'))
  writeFileSync(join(folder, 'target', 'inner'), '')
  await expect(writeAtomically(join(folder, 'target'), 'text', 0o600)).rejects.toThrow(
    /EISDIR|ENOTEMPTY|EEXIST/,
  )
  expect(readdirSync(folder)).toEqual(['target'])
})
