import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Inventory } from '../../../src/inventory/inventory.ts'
import { limitHosts, readLimit } from '../../../src/inventory/limit.ts'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { selectHosts } from '../../../src/inventory/select-hosts.ts'
import { InputError } from '../../../src/problem.ts'

const text = `
lonely
[web]
web[01:05]
[db]
db01
web05
db.example.net
[edge:children]
web
[canary]
web02
[empty]
[six]
2001:db8::1
`

let inventory: Inventory
let cwd: string
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'select-'))
  writeFileSync(join(cwd, 'hosts'), text)
  inventory = await loadInventory(['hosts'], { cwd })
  return () => rmSync(cwd, { recursive: true, force: true })
})

const where = { file: 'play.yml', line: 3, column: 10 }

function names(pattern: string): string {
  return selectHosts(inventory, pattern, where)
    .map(({ name }) => name)
    .join(' ')
}

async function refusal(run: () => unknown): Promise<string> {
  try {
    await run()
    return ''
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

describe('what a pattern selects', () => {
  test.each([
    ['ungrouped', 'lonely'],
    ['web', 'web01 web02 web03 web04 web05'],
    ['edge:!canary', 'web01 web03 web04 web05'],
    ['!canary:edge', 'web01 web03 web04 web05'],
    ['web,db', 'web01 web02 web03 web04 web05 db01 db.example.net'],
    ['db , &web', 'web05'],
    ['web:&db', 'web05'],
    ['web:&canary:&db', ''],
    ['empty', ''],
    ['!web', 'lonely db01 db.example.net 2001:db8::1'],
    ['web[0]', 'web01'],
    ['web[-1]', 'web05'],
    ['web[1:2]', 'web02 web03'],
    ['web[3:]', 'web04 web05'],
    ['web[0:0],db01', 'web01 db01'],
    ['*.example.net', 'db.example.net'],
    ['web0[!24]', 'web01 web03 web05'],
    ['web0?:!web0[!1]', 'web01'],
    ['~web0[12]', 'web01 web02'],
    ['~(?i)WEB01$', 'web01'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1,web01', '2001:db8::1 web01'],
  ])('%s', (pattern, expected) => {
    expect(names(pattern)).toBe(expected)
  })

  test('all, group by group as Ansible walks them', () => {
    expect(names('all')).toBe('lonely db01 web05 db.example.net web02 2001:db8::1 web01 web03 web04')
  })
})

describe('what is refused, with its place', () => {
  test.each([
    ['', 'the host pattern is empty; write all, or a name'],
    [
      'wbe',
      'no host or group is called wbe (did you mean web?); correct the pattern, or add the name to the inventory',
    ],
    [
      'web:!cannary',
      'no host or group is called cannary (did you mean canary?); correct the pattern, or add the name to the inventory',
    ],
    [
      'nothing*',
      'no host or group is called nothing*; correct the pattern, or add the name to the inventory',
    ],
    ['web[5]', 'web[5] is out of range: web has 5 hosts; count from 0 to 4'],
    ['web01:22', 'the pattern web01:22 has a port; write web01'],
    [
      '~web(',
      'web( is not a regular expression; correct it; a pattern that holds a colon must also hold a comma, else it is split there',
    ],
    ['web,!', 'a ! or & is followed by nothing; add a name behind it'],
    ['\u001b[2J*', 'no host or group is called 2J*; correct the pattern, or add the name to the inventory'],
  ])('%j', async (pattern, message) => {
    expect(await refusal(() => names(pattern))).toContain(`play.yml:3:10: ${message}`)
  })

  test('all unknown names at once', async () => {
    expect((await refusal(() => names('x1,y2,web,z3'))).split('\n')).toHaveLength(3)
  })
})

describe('--limit', () => {
  async function limited(pattern: string, limit: string): Promise<string> {
    const terms = await readLimit(limit, { cwd })
    return limitHosts(selectHosts(inventory, pattern, where), inventory, terms)
      .map(({ name }) => name)
      .join(' ')
  }

  test('keeps the order of the play', async () => {
    expect(await limited('web', 'db,web02')).toBe('web02 web05')
    expect(await limited('web', '!web02')).toBe('web01 web03 web04 web05')
    expect(await limited('db', 'canary')).toBe('')
  })

  test('reads names from a file, a term each', async () => {
    writeFileSync(join(cwd, 'retry'), 'web04\n\n  db01  \n2001:db8::1\n')
    expect(await limited('all', '@retry')).toBe('db01 2001:db8::1 web04')
    expect(await limited('all', '@retry,!db')).toBe('2001:db8::1 web04')
  })

  test('tells where a file names a stranger', async () => {
    writeFileSync(join(cwd, 'stale'), 'web04\nweb99\n')
    expect(await refusal(() => limited('all', '@stale'))).toContain(
      'stale:2: no host or group is called web99',
    )
    expect(await refusal(() => limited('all', '@gone'))).toBe('gone: there is no such file; check the path')
    expect(await refusal(() => limited('all', 'web0'))).toContain('--limit: no host or group is called web0')
    expect(await refusal(() => limited('all', ' '))).toContain('--limit: the limit names no host')
  })
})

test('ten thousand hosts, named one by one, are selected in well under a second', async () => {
  writeFileSync(
    join(cwd, 'many'),
    '[web]\nweb[00001:10000].example.net\n[half]\nweb[00001:05000].example.net\n',
  )
  const many = await loadInventory(['many'], { cwd })
  const every = [...many.hosts.keys()]
  // The best of three: the machine may be busy, but not with each of them.
  const seconds = [1, 2, 3].map(() => {
    const start = performance.now()
    expect(selectHosts(many, every.join(','), where)).toHaveLength(10_000)
    expect(selectHosts(many, every.map((name) => `!${name}`).join(','), where)).toHaveLength(0)
    expect(selectHosts(many, 'web*:&half:!*9.example.net', where)).toHaveLength(4_500)
    return (performance.now() - start) / 1000
  })
  expect(Math.min(...seconds)).toBeLessThan(4)
})

test('a glob that would make a regular expression backtrack takes no time', () => {
  const start = performance.now()
  expect(() => selectHosts(inventory, `${'*a'.repeat(500)}b`, where)).toThrow(InputError)
  expect(performance.now() - start).toBeLessThan(5_000)
})
