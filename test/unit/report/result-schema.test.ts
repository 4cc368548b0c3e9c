import { logJsonSchema } from '../../../src/report/log-line-schema.ts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderJson } from '../../../src/report/json.ts'
import { hostLine, summaryLine } from '../../../src/report/jsonl.ts'
import { resultJsonSchema, runResultSchema } from '../../../src/report/result-schema.ts'
import { anyRun } from './any-result.ts'
import { madeUpChange, madeUpHost, madeUpRun } from './made-up.ts'

/** Says what is wrong with a value under the schema, or under one of its parts. */
function checker(schema: object, part = ''): (value: unknown) => string {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
  ajv.addSchema(schema, 'result')
  const validate = ajv.getSchema(`result#${part}`)
  if (validate === undefined) throw new Error(`the schema has no ${part}`)
  return (value) => (validate(value) === true ? '' : ajv.errorsText(validate.errors))
}

const published = checker(resultJsonSchema())
const closed = checker(resultJsonSchema(true))
const closedLine = checker(resultJsonSchema(true), '/$defs/Line')

const full = madeUpRun([
  madeUpHost('web1', 'failed', {
    facts: { kernel: '6.1.0', count: 1200, max: 65_536, hashsize: null, memory_bytes: null },
    changes: [madeUpChange('net.netfilter.nf_conntrack_max', null, '262144')],
    findings: [{ code: 'module-not-loaded', severity: 'info', message: 'm', hint: 'h' }],
    error: { kind: 'not_verified', stage: 'verify', message: 'm', hint: 'h' },
  }),
])

test('the schema of a line of the log is the one in schema/', async () => {
  const text = `${JSON.stringify(logJsonSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../../schema/log.schema.json')
})

test('the file in schema/ is what the program checks by', async () => {
  const text = `${JSON.stringify(resultJsonSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../../schema/result.schema.json')
})

test('every result passes, and holds no key that the schema does not name', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const written: unknown = JSON.parse(renderJson(run))
      expect(published(written)).toBe('')
      expect(closed(written)).toBe('')
      expect(runResultSchema.parse(written)).toEqual(run)
    }),
  )
})

test('every line of jsonl passes', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      for (const line of [...run.hosts.map(hostLine), summaryLine(run)])
        expect(closedLine(JSON.parse(line))).toBe('')
    }),
  )
})

/** Every place of a value, as the keys that lead to it. */
function places(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...places(inner, [...path, key])])
}

const named = (paths: readonly (readonly string[])[]) => paths.map((path) => [path.join('.'), path] as const)

/** A copy of the full result with something done to the place that `path` leads to. */
function changedAt(
  path: readonly string[],
  change: (holder: Record<string, unknown>, key: string) => void,
): unknown {
  const copy: unknown = structuredClone(full)
  let holder = copy as Record<string, unknown>
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>
  change(holder, path.at(-1) ?? '')
  return copy
}

test.each(named(places(full).filter((path) => !/^\d+$/.test(path.at(-1) ?? ''))))(
  'a result without %s is rejected',
  (_, path) => {
    const broken = changedAt(path, (holder, key) => delete holder[key])
    expect(published(broken)).toMatch(/required/)
    expect(runResultSchema.safeParse(broken).success).toBe(false)
  },
)

test.each(named(places(full)))('a result with the wrong type at %s is rejected', (_, path) => {
  const broken = changedAt(path, (holder, key) => (holder[key] = true))
  expect(published(broken)).not.toBe('')
  expect(runResultSchema.safeParse(broken).success).toBe(false)
})

test.each([
  [['hosts', '0', 'status'], 'rescued'],
  [['hosts', '0', 'changes', '0', 'state'], 'done'],
  [['hosts', '0', 'facts', 'count'], -1],
  [['hosts', '0', 'error', 'kind'], 'Not A Word'],
  [['run'], 'last'],
  [['started'], 'yesterday'],
  [['version'], 2],
  [['totals', 'ok'], 0.5],
])('a result with %j = %j is rejected', (path, value) => {
  const broken = changedAt(path, (holder, key) => (holder[key] = value))
  expect(published(broken)).not.toBe('')
  expect(runResultSchema.safeParse(broken).success).toBe(false)
})

test('a key of a later version passes the published schema and is dropped by the program', () => {
  const later = changedAt(['hosts', '0', 'uptime_seconds'], (holder, key) => (holder[key] = 7))
  expect(published(later)).toBe('')
  expect(closed(later)).toMatch(/additional/)
  expect(runResultSchema.parse(later)).toEqual(full)
})
