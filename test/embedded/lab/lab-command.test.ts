import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LabContext, labCommand } from '../../../src/commands/lab.ts'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { startLab } from '../../../src/lab/start-lab.ts'
import { InputError, UsageError } from '../../../src/problem.ts'
import { labFolder } from './fresh-lab.ts'

/** A context whose output goes to `onText`, piece by piece. */
function contextWith(onText: (text: string) => void, stopping: AbortSignal): LabContext {
  const output = { write: onText }
  return {
    cwd: '/',
    program: '/opt/conntrackctl/cli.js',
    env: { PATH: '' },
    stdout: output,
    stderr: output,
    stopping,
  }
}

/** Runs `conntrackctl lab` until it has said what to do next, then ends it as Ctrl-C does. */
async function runUntilReady(options: { readonly folder?: string }): Promise<{ text: string; code: number }> {
  const interrupt = new AbortController()
  let text = ''
  const context = contextWith((piece) => {
    text += piece
    if (text.includes('Ctrl-C')) interrupt.abort()
  }, interrupt.signal)
  return { code: await labCommand(options, context), text }
}

test('lab says what there is and what to type, and leaves nothing behind', async () => {
  const { code, text } = await runUntilReady({})
  expect(code).toBe(0)
  expect(text).toContain('17 embedded hosts are up')
  expect(text).toMatch(/web\[01-03\] +Debian 12, its table 93 % full/)
  expect(text).toContain('node /opt/conntrackctl/cli.js plan playbooks/relieve-now.yml -i lab.yml')
  const folder = /cd (\S+)/.exec(text)?.[1] ?? ''
  expect(folder).toMatch(/conntrackctl-lab-/)
  expect(existsSync(folder)).toBe(false)
})

test('a folder of the user stays, and what was changed on its hosts stays changed', async () => {
  const folder = join(labFolder(), 'mine')
  await runUntilReady({ folder })
  const file = join(folder, 'hosts/web01/proc/sys/net/netfilter/nf_conntrack_max')
  expect(readFileSync(file, 'utf8')).toBe('65536\n')
  writeFileSync(file, '131072\n')
  await runUntilReady({ folder })
  expect(readFileSync(file, 'utf8')).toBe('131072\n')
  expect((await loadInventory([join(folder, 'lab.yml')], { cwd: '/' })).hosts.size).toBe(17)
  await expect(
    labCommand(
      { folder, demo: true },
      contextWith(() => {}, AbortSignal.abort()),
    ),
  ).rejects.toThrow(/--demo wants hosts that nobody has changed yet/)
})

test('a folder with other things in it is left alone', async () => {
  const folder = labFolder()
  mkdirSync(join(folder, 'thesis'))
  await expect(runUntilReady({ folder })).rejects.toThrow(UsageError)
})

test.each(['0', '-1', '1.5', 'soon', ''])('--for %j is refused', async (seconds) => {
  const context = contextWith(() => {}, AbortSignal.abort())
  await expect(labCommand({ for: seconds }, context)).rejects.toThrow(UsageError)
})

test('--for ends the lab by itself', async () => {
  let text = ''
  const context = contextWith((piece) => (text += piece), new AbortController().signal)
  expect(await labCommand({ for: '1' }, context)).toBe(0)
  expect(text).toContain('Ctrl-C')
})

test('a folder that ssh cannot take in its options is refused before anything is made', async () => {
  const folder = join(labFolder(), 'my lab')
  await expect(startLab({ folder })).rejects.toThrow(InputError)
  expect(existsSync(folder)).toBe(false)
})
