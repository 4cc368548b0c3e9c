import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Context } from '../../src/commands/context.ts'
import { createProgram } from '../../src/commands/program.ts'

const page = 'man/conntrackctl.1'

test('mandoc has nothing to say of the man page, and would', () => {
  const lint = (text: string) =>
    spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: text, encoding: 'utf8' })
  const text = readFileSync(page, 'utf8')
  expect(lint(text)).toMatchObject({ status: 0, stdout: '' })
  expect(lint(text.replace('.SH NAME', '.SH\n.FOO')).status).not.toBe(0)
})

test('as it is read, it has every command and every option', () => {
  const { stdout } = spawnSync('mandoc', ['-T', 'utf8', '-O', 'width=1000', page], { encoding: 'utf8' })
  // Bold and underlined as terminals of old had it.
  const read = stdout.replaceAll(/.\u0008/gu, '')
  const { commands } = createProgram(
    { version: '0', cwd: '/', home: '/', env: {} } as unknown as Context,
    () => {},
  )
  for (const command of commands) {
    expect(read).toContain(`   ${command.name()} ${command.usage()}`)
    for (const { flags, hidden } of command.options)
      if (!hidden) expect(read, command.name()).toContain(flags)
  }
})
