import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/exit-codes.ts'

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** More hosts than are begun at once, nothing listening on any of them. */
const hosts = 60

type Where = 'closed' | 'full' | 'read'

/** Applies to hosts that are down while its output goes where nobody reads it; gives status, record and stderr. */
async function applyInto(stdout: Where, stderr: Where, output: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lost output-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const inventory = join(folder, 'hosts.ini')
  const names = Array.from({ length: hosts }, (_, index) => `h${index} ansible_host=127.97.0.${index + 1}`)
  writeFileSync(inventory, `${names.map((name) => `${name} ansible_port=1`).join('\n')}\n`)
  const playbook = join(folder, 'play.yml')
  writeFileSync(playbook, '- hosts: all\n  conntrack: { max: 262144 }\n')
  const full = openSync('/dev/full', 'w')
  const child = spawn(
    process.execPath,
    [program, 'apply', playbook, '-i', inventory, '-o', output, '--state-dir', folder],
    {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', SSH_AUTH_SOCK: '/nonexistent' },
      stdio: ['ignore', ...[stdout, stderr].map((where) => (where === 'full' ? full : 'pipe'))],
    },
  )
  closeSync(full)
  if (stdout === 'closed') child.stdout?.destroy()
  if (stderr === 'closed') child.stderr?.destroy()
  child.stdout?.resume()
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const exitCode = await new Promise((resolve) => child.on('close', resolve))
  const runs = join(folder, 'runs')
  const record = JSON.parse(readFileSync(join(runs, readdirSync(runs)[0] ?? '', 'result.json'), 'utf8'))
  return { exitCode, said, totals: record.totals }
}

test.each<[Where, Where, string]>([
  ['closed', 'read', 'jsonl'],
  ['closed', 'closed', 'text'],
  ['read', 'closed', 'text'],
  ['read', 'full', 'text'],
])('stdout %s, stderr %s, %s: the run comes to its end and its record', async (stdout, stderr, output) => {
  const { exitCode, totals } = await applyInto(stdout, stderr, output)
  expect(totals).toMatchObject({ unreachable: hosts, skipped: 0 })
  expect(exitCode).toBe(exitCodes.unreachable.code)
})

test('a report that finds no room is told of, in a sentence', async () => {
  const { exitCode, totals, said } = await applyInto('full', 'read', 'jsonl')
  expect(totals).toMatchObject({ unreachable: hosts, skipped: 0 })
  expect(exitCode).toBe(exitCodes.unreachable.code)
  expect(said).toContain('conntrackctl: the report could not be written in full: ENOSPC')
  expect(said).not.toMatch(/^\s+at /m)
})
