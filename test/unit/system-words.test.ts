import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemWords } from '../../src/system-words.ts'

const folder = mkdtempSync(join(tmpdir(), "words, it's a 'folder'-"))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
writeFileSync(at('file'), '')
symlinkSync(at('loop'), at('loop'))

async function failure(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('nothing failed')
}

test.each([
  ['a file that is not there', () => readFile(at('none')), 'no such file or directory'],
  ['the same, without waiting', () => readFileSync(at('none')), 'no such file or directory'],
  ['a file below a file', () => open(at('file/below'), 'w'), 'not a directory'],
  ['a folder', () => readFile(folder), 'illegal operation on a directory'],
  ['a link to itself', () => readFile(at('loop')), 'too many symbolic links encountered'],
  ['two paths', () => rename(at('none'), at('other')), 'no such file or directory'],
  ['no room', () => writeFileSync('/dev/full', 'x'), 'no space left on device'],
])('%s is told without code, call and path', async (_, work, words) => {
  expect(systemWords(await failure(work))).toBe(words)
})

test('whatever else was thrown keeps its own words', () => {
  expect(systemWords(new Error('E is not for error, ever'))).toBe('E is not for error, ever')
  expect(systemWords('text')).toBe('text')
})
