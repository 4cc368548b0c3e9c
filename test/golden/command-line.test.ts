import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitCodes } from '../../src/exit-codes.ts'
import { guardNames } from '../../src/plan/rule.ts'
import type { RunResult } from '../../src/report/host-result.ts'
import { runProgram } from './run-program.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

describe('the command line', () => {
  test('--version is that of the package', async () => {
    expect(await runProgram(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('--help names every command and every exit status', async () => {
    const { exitCode, stdout, stderr } = await runProgram(['--help'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const command of ['plan', 'apply', 'verify', 'validate', 'schema', 'inventory', 'runs', 'lab'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    for (const { code, meaning } of Object.values(exitCodes))
      expect(stdout).toMatch(new RegExp(`^  ${code} +${meaning.replaceAll(/[()]/g, '\\$&')}`, 'm'))
  })

  test.each([
    [['aply', 'x.yml'], "unknown command 'aply'"],
    [['apply'], "missing required argument 'playbook'"],
    [['apply', 'x.yml', '--froks', '3'], "unknown option '--froks'"],
    [['apply', 'x.yml', '-f', 'many'], 'A whole number from 1 to 5000 is expected.'],
    [['apply', 'x.yml', '--allow', 'all'], `Allowed are ${guardNames.join(', ')}.`],
    [['plan', 'x.yml', '--shard', '4/3'], 'A part of a whole is expected: 3/8.'],
    [['plan', 'x.yml', '-o', 'xml'], 'Allowed choices are text, json, jsonl, junit.'],
    [
      ['plan', 'playbooks/prevent.yml'],
      "no inventory given; add -i hosts.ini, or name hosts: -i 'web01,web02,'",
    ],
  ])('%j is refused with 64 and one sentence', async (words, sentence) => {
    const { exitCode, stdout, stderr } = await runProgram(words)
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.usage.code, stdout: '' })
    expect(stderr).toContain(sentence)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('a part of the hosts that is empty is no mistake, as the others have them all', async () => {
    const parts = ['1/2', '2/2'].map(async (part) => {
      const { exitCode, stdout } = await runProgram([
        ...['plan', 'playbooks/prevent.yml', '-i', '127.0.0.1:1,', '-T', '1', '--shard', part],
        ...['--output', 'json', '--quiet', '--state-dir', mkdtempSync(join(tmpdir(), 'conntrackctl-shard-'))],
      ])
      return { exitCode, hosts: (JSON.parse(stdout) as RunResult).hosts.length }
    })
    expect((await Promise.all(parts)).toSorted((one, other) => one.hosts - other.hosts)).toEqual([
      { exitCode: exitCodes.as_desired.code, hosts: 0 },
      { exitCode: exitCodes.unreachable.code, hosts: 1 },
    ])
  })

  test('everything that is wrong with playbook, inventory, limit and variables is said at once, with 65', async () => {
    const { exitCode, stdout, stderr } = await runProgram([
      'apply',
      'no-such-playbook.yml',
      '-i',
      'no-such-inventory.yml',
      '--limit',
      '@no-such-list',
      '-e',
      '@no-such-vars.yml',
    ])
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.input.code, stdout: '' })
    for (const name of ['no-such-playbook.yml', 'no-such-inventory.yml', 'no-such-list', 'no-such-vars.yml'])
      expect(stderr).toContain(name)
    expect(stderr.trim().split('\n')).toHaveLength(4)
  })
})
