import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv, type AnySchemaObject } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadPlaybook } from '../../../src/playbook/load-playbook.ts'
import { wishFor } from '../../../src/playbook/wish-for.ts'

const root = new URL('../../../', import.meta.url)
const names = readdirSync(new URL('playbooks/', root)).filter((name) => name.endsWith('.yml'))
const schema = JSON.parse(
  readFileSync(new URL('schema/playbook.schema.json', root), 'utf8'),
) as AnySchemaObject
const isValid = new Ajv({ allowUnionTypes: true }).compile(schema)

test('the playbooks that people look for are there', () =>
  expect(names).toEqual(expect.arrayContaining(['relieve-now.yml', 'prevent.yml', 'short-timeouts.yml'])))

describe.each(names)('%s', (name) => {
  const path = fileURLToPath(new URL(`playbooks/${name}`, root))
  const text = readFileSync(path, 'utf8')

  test('loads, for any inventory, and survives a reboot', async () => {
    const { plays } = await loadPlaybook(path)
    for (const play of plays) {
      expect(play.hosts.pattern).toBe('all')
      expect(wishFor(play, {}).persist).toBe(true)
    }
  })

  test('is valid in an editor', () => expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true))

  test('opens with its schema, when to use it, what it does, and why these numbers', () => {
    const [modeline, ...comment] = text.split('\n')
    expect(modeline).toBe('# yaml-language-server: $schema=../schema/playbook.schema.json')
    const opening = comment.join('\n').split('\n\n')[0] ?? ''
    for (const heading of ['# When: ', '# What it does: ', '# The numbers: '])
      expect(opening).toContain(heading)
  })

  test('gives enough buckets for its max, and no more memory than it says is fine', async () => {
    const { plays } = await loadPlaybook(path)
    for (const play of plays) {
      const { max, hashsize } = wishFor(play, {})
      if (typeof max !== 'number') continue
      const buckets = hashsize?.kind === 'max_divided_by' ? max / hashsize.divisor : (hashsize?.buckets ?? 0)
      expect(buckets).toBeGreaterThanOrEqual(max / 4)
      expect(buckets).toBeLessThanOrEqual(max)
    }
  })
})

test('relieve-now shortens nothing', async () => {
  const { plays } = await loadPlaybook(fileURLToPath(new URL('playbooks/relieve-now.yml', root)))
  expect(plays.flatMap((play) => wishFor(play, {}).sysctls)).toEqual([])
})
