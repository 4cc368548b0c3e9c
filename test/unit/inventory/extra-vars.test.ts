import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readExtraVars, withExtraVars } from '../../../src/inventory/extra-vars.ts'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { InputError } from '../../../src/problem.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'extra-vars-'))
})
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true })
})

function read(...given: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  return readExtraVars(given, { cwd })
}

async function refusal(...given: readonly string[]): Promise<readonly string[]> {
  try {
    await read(...given)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.message.split('\n')
  }
  throw new Error('the variables were taken')
}

/** As JSON.parse gives it: large integers lose their last digits. */
function inJson(vars: unknown): unknown {
  return JSON.parse(
    JSON.stringify(vars, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  )
}

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(cwd, name), content)
  return `@${name}`
}

describe('what is read', () => {
  test('words are text, whatever they look like, and quotes hold them together', async () => {
    expect(await read("max=0x10 on=yes  name='two words' url=a=b empty=")).toEqual({
      max: '0x10',
      on: 'yes',
      name: 'two words',
      url: 'a=b',
      empty: '',
    })
  })

  test('nothing gives nothing', async () => {
    expect(await read()).toEqual({})
    expect(await read('', '  ')).toEqual({})
  })

  test.each([
    ['a map', '{a: 010, b: yes, c: 1:30, d: 1e5, e: [1, ~], 8080: x}'],
    ['a file', 'a: 010\nb: yes\nc: 1:30\nd: 1e5\ne: [1, ~]\n8080: x\n'],
  ])('%s has the values that Ansible gives it', async (kind, text) => {
    expect(await read(kind === 'a file' ? write('values.yml', text) : text)).toEqual({
      a: 8,
      b: true,
      c: 90,
      d: '1e5',
      e: [1, null],
      8080: 'x',
    })
  })

  test('JSON is JSON, with its own literals', async () => {
    expect(await read('{"a": 1e5, "b": "yes", "c": 12345678901234567890}')).toEqual({
      a: 100_000,
      b: 'yes',
      c: 12_345_678_901_234_567_890n,
    })
  })

  test('any JSON map comes back as it was, inline and from a file', async () => {
    const value = fc.jsonValue({ maxDepth: 3, noUnicodeString: true })
    const map = fc.dictionary(fc.string({ minLength: 1 }), value, { noNullPrototype: true, maxKeys: 5 })
    await fc.assert(
      fc.asyncProperty(map, async (vars) => {
        const text = JSON.stringify(vars)
        const expected: unknown = JSON.parse(text)
        expect(inJson(await read(text))).toEqual(expected)
        expect(inJson(await read(write('any.json', text)))).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  test('tags, anchors and merges are those of inventories', async () => {
    expect(
      await read('{base: &b {x: 1, y: 2}, c: {<<: *b, y: 3}, u: !unsafe "{{ x }}", v: !vault abc}'),
    ).toEqual({
      base: { x: 1, y: 2 },
      c: { x: 1, y: 3 },
      u: { __ansible_unsafe: '{{ x }}' },
      v: { __ansible_vault: 'abc' },
    })
  })

  test('the later ones win', async () => {
    expect(await read('a=1 b=1', '{a: 2}', write('later.yml', 'c: 3\n'), 'c=4')).toEqual({
      a: 2,
      b: '1',
      c: '4',
    })
  })

  test('a name that objects have of themselves is a name like any other', async () => {
    const vars = await read('{"__proto__": {"a": 1}, "constructor": 2}', '__proto__=3')
    expect(Object.entries(vars)).toEqual([
      ['__proto__', '3'],
      ['constructor', 2],
    ])
  })

  test('they beat what hosts and groups say', async () => {
    write('hosts', 'web01 size=1 own=2\n[all:vars]\nsize=3\n')
    const inventory = withExtraVars(await loadInventory(['hosts'], { cwd }), await read('size=9'))
    expect(inventory.hosts.get('web01')?.vars).toMatchObject({ size: '9', own: 2 })
  })
})

describe('what is refused', () => {
  test('YAML that is none says where', async () => {
    expect(await refusal(write('bad.yml', 'a: 1\nb: {{ x }}\nc: "open\n'))).toEqual([
      'bad.yml:3:4: the quote that opens here is not closed; close it',
    ])
    expect(await refusal(write('twice.yml', 'a: 1\nb: 2\na: 3\n'))).toEqual([
      'twice.yml:3:1: `a` stands a second time in this mapping, first at line 1; keep one of them',
    ])
    expect(await refusal('{a: 1, b: {{ x }}}')).toEqual([
      '--extra-vars:1:11: {{ }} without quotes is a mapping to YAML; put the value in quotes: "{{ name }}"',
    ])
    expect(await refusal('{a: *gone}')).toEqual([
      '--extra-vars:1:5: no anchor &gone stands above this alias; define it, or write "*gone" in quotes if a text is meant',
    ])
  })

  test.each(['[1, 2]', '[{a: 1}]'])('%s is no mapping', async (text) => {
    expect(await refusal(text)).toEqual([
      '--extra-vars:1:1: the variables are not a mapping; write each as name: value',
    ])
  })

  test('a file of nothing, of a list, in another encoding, encrypted, or none at all', async () => {
    expect(await refusal(write('empty.yml', '# nothing\n'))).toEqual([
      'empty.yml: there are no variables in it; write each as name: value',
    ])
    expect(await refusal(write('list.yml', '- a\n'))).toEqual([
      'list.yml:1:1: the variables are not a mapping; write each as name: value',
    ])
    expect(await refusal(write('latin1.yml', Buffer.from('a: 1\nb: caf\xe9\n', 'latin1')))).toEqual([
      'latin1.yml:2:7: this is not valid UTF-8 text; save the file as UTF-8',
    ])
    expect(await refusal(write('vault.yml', '$ANSIBLE_VAULT;1.1;AES256\n33\n'))).toEqual([
      'vault.yml:1:1: the file is not what ansible-vault writes: the text below the first line is cut or changed; encrypt it anew',
    ])
    expect(await refusal('@gone.yml')).toEqual(['gone.yml: there is no such file; check the path'])
    expect(await refusal('@.')).toEqual(['.: this is a folder, not a file; name one of the files in it'])
  })

  test('a file that is too long, or has no end', async () => {
    write('long.yml', '')
    truncateSync(join(cwd, 'long.yml'), 16 * 1024 * 1024 + 1)
    expect(await refusal('@long.yml')).toEqual([
      'long.yml: larger than 16 MiB, which is not read; give an inventory or a vars file',
    ])
    expect(await refusal('@/dev/zero')).toHaveLength(1)
  })

  test('bombs, in a moment', async () => {
    const levels = Array.from({ length: 20 }, (_level, index) =>
      index === 0 ? 'a0: &a0 [x]' : `a${index}: &a${index} [${`*a${index - 1},`.repeat(10)}]`,
    )
    const start = performance.now()
    expect(await refusal(write('bomb.yml', levels.join('\n')))).toEqual([
      'bomb.yml:7:9: its aliases stand for far too many values; write out what is meant, with fewer aliases',
    ])
    expect(await refusal(`{a: ${'['.repeat(100_000)}`)).toEqual([
      '--extra-vars:1:204: nested too deeply; flatten it',
    ])
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  test('a path without its @, words without =, and open quotes', async () => {
    expect(await refusal('./vars.yml')).toEqual([
      '--extra-vars: ./vars.yml looks like a file; put an @ before it: -e @./vars.yml',
    ])
    expect(await refusal('a=1 b =2')).toEqual([
      '--extra-vars: `b` is not name=value; write -e name=value, or -e @file.yml',
      '--extra-vars: `=2` is not name=value; write -e name=value, or -e @file.yml',
    ])
    expect(await refusal('a="1')).toEqual([
      '--extra-vars: a quote (") is not closed; close it, or put the value in quotes',
    ])
  })

  test('all of it comes at once', async () => {
    expect(await refusal('a', '{b: 1', 'c=1', '@gone')).toHaveLength(3)
  })
})
