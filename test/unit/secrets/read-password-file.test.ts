import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PasswordFile, readPasswordFile } from '../../../src/secrets/read-password-file.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'password-'))
})
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true })
})

async function read(
  text: string | Buffer,
  mode: number,
  { name = 'pass', ...file }: Partial<PasswordFile> & { name?: string } = {},
): Promise<string> {
  writeFileSync(join(cwd, name), text)
  chmodSync(join(cwd, name), mode)
  const place = { cwd, home: cwd, env: { PATH: process.env['PATH'], WORD: 'from-env' } }
  const answer = await readPasswordFile({ path: name, takes: 'line', ...file }, place)
  if (!answer.ok) return `refused: ${answer.problem.what}`
  return answer.secret.reveal() + (answer.warning === null ? '' : ` (${answer.warning})`)
}

describe('a file', () => {
  test.each([
    ['s3cret', 's3cret'],
    ['s3cret\n', 's3cret'],
    ['\ufeffs3cret\r\n', 's3cret'],
    ['  pass word \n', 'pass word'],
    ['first\nsecond\n', 'first'],
    ['', 'refused: there is no password in it'],
    [' \n\n', 'refused: there is no password in it'],
    [Buffer.from([0x61, 0xff]), 'refused: the password is not UTF-8 text'],
    ['x'.repeat(65_537), 'refused: larger than 65536 bytes, which is no password'],
  ])('%j', async (text, password) => {
    expect(await read(text, 0o600)).toBe(password)
  })

  test('of several lines counts whole for a vault', async () => {
    expect(await read('first\nsecond\n', 0o600, { takes: 'text' })).toBe('first\nsecond')
  })

  test('that others may read is told of', async () => {
    expect(await read('s3cret\n', 0o644)).toBe(
      's3cret (pass may be read by other users of this machine: chmod 600 pass)',
    )
  })

  test('may stand below ~', async () => {
    expect(await read('s3cret\n', 0o600, { name: 'home', path: '~/home' })).toBe('s3cret')
  })

  test.each([
    ['nowhere', 'there is no such file'],
    ['.', 'this is a folder, not a password file'],
  ])('%s', async (path, what) => {
    const answer = await readPasswordFile({ path, takes: 'line' }, { cwd, home: cwd, env: {} })
    expect(answer).toMatchObject({ ok: false, problem: { file: path, what } })
  })
})

describe('a program', () => {
  test.each([
    ['#!/bin/sh\necho s3cret\n', 's3cret'],
    ['#!/bin/sh\necho "$WORD"\n', 'from-env'],
    ['#!/bin/sh\nexit 0\n', 'refused: the program printed no password'],
    [
      '#!/bin/sh\necho leaked; echo "no such entry" >&2; exit 3\n',
      'refused: the password program ended with status 3: no such entry',
    ],
    ['#!/bin/sh\nkill -9 $$\n', 'refused: the password program was ended by SIGKILL'],
    [
      '#!/nowhere/sh\n',
      'refused: the password program cannot be started: the interpreter that its first line names is not there',
    ],
    ['#!/bin/sh\nyes\n', 'refused: the password program printed more than 65536 bytes'],
  ])('%j', async (text, password) => {
    expect(await read(text, 0o755)).toBe(password)
  })

  test('called -client is told the name of the vault', async () => {
    const text = '#!/bin/sh\necho "$@"\n'
    expect(
      await read(text, 0o700, { name: 'vault-client.sh', path: 'vault-client.sh', vaultId: 'prod' }),
    ).toBe('--vault-id prod')
    expect(await read(text, 0o700, { vaultId: 'prod' })).toBe('refused: the program printed no password')
  })
})

test('what was read is never shown', async () => {
  writeFileSync(join(cwd, 'pass'), 'hunter2\n')
  chmodSync(join(cwd, 'pass'), 0o600)
  const answer = await readPasswordFile({ path: 'pass', takes: 'line' }, { cwd, home: cwd, env: {} })
  expect(JSON.stringify(answer)).not.toContain('hunter2')
})
