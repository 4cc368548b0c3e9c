import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { allOrProblems } from '../../../src/commands/all-or-problems.ts'
import { InputError, UsageError } from '../../../src/problem.ts'
import { runHere } from '../../embedded/lab/run-here.ts'

const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-problems-'))
afterAll(() => rmSync(folder, { recursive: true }))

function wrong(file: string): Promise<number> {
  return Promise.reject(new InputError([{ file, what: 'it is wrong', remedy: 'mend it' }]))
}

test('the values come in their order', async () => {
  expect(await allOrProblems([Promise.resolve(1), Promise.resolve('two')])).toEqual([1, 'two'])
})

test('the problems of all that failed come in one error', async () => {
  await expect(allOrProblems([wrong('a.yml'), Promise.resolve(1), wrong('b.yml')])).rejects.toThrow(
    /^a\.yml: .*\nb\.yml: /,
  )
})

test('another error is no problem of a file', async () => {
  await expect(allOrProblems([wrong('a.yml'), Promise.reject(new UsageError('no'))])).rejects.toThrow(
    UsageError,
  )
})

test.each([['check'], ['diagnose'], ['plan'], ['compile']])(
  '%s tells of all files that are wrong',
  async (command) => {
    const at = (name: string): string => join(folder, name)
    writeFileSync(at('hosts.ini'), '[web\nweb01\n')
    writeFileSync(at('play.yml'), '- hosts: all\n  conntrack: {max: 65536}\n')
    const playbook = command === 'plan' || command === 'compile' ? [at('play.yml')] : []
    const host = command === 'compile' ? ['--host', 'web01'] : ['--state-dir', folder]
    const { exitCode, stderr } = await runHere([
      ...[command, ...playbook, '-i', at('hosts.ini'), '-e', `@${at('none.yml')}`],
      ...host,
    ])
    expect(stderr).toContain(`${at('hosts.ini')}:1`)
    expect(stderr).toContain(at('none.yml'))
    expect(exitCode).toBe(65)
  },
)
