import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { schema } from '../../../src/commands/schema.ts'
import { validate } from '../../../src/commands/validate.ts'
import { playbookJsonSchema } from '../../../src/playbook/json-schema.ts'

const good = fileURLToPath(new URL('../../../playbooks/prevent.yml', import.meta.url))
const bad = fileURLToPath(new URL('../../cases/playbook/max-below-zero/playbook.yml', import.meta.url))

async function run(files: readonly string[]): Promise<{ code: number; printed: string }> {
  let printed = ''
  const code = await validate(files, (text) => (printed += text))
  return { code, printed }
}

test('a good playbook is 0 and one line', async () =>
  expect(await run([good])).toEqual({ code: 0, printed: `${good}: ok, 1 play\n` }))

test('a bad one is 65, and the others are checked all the same', async () => {
  const { code, printed } = await run([bad, 'no-such-file.yml', good])
  expect(code).toBe(65)
  const lines = printed.split('\n')
  expect(lines[0]).toContain(`${bad}:3:10: conntrack.max: -1 is too small`)
  expect(lines[1]).toBe('no-such-file.yml: there is no such file; check the path')
  expect(lines[2]).toBe(`${good}: ok, 1 play`)
})

test('schema prints the schema and is 0', () => {
  let printed = ''
  expect(schema((text) => (printed += text))).toBe(0)
  expect(printed).toBe(playbookJsonSchema())
})
