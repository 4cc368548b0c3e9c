import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../src/inventory/address.ts'
import { compileGlob } from '../../../src/inventory/glob.ts'
import { parsePythonLiteral } from '../../../src/inventory/python-literal.ts'
import { expandHosts } from '../../../src/inventory/ranges.ts'
import { splitShellWords } from '../../../src/inventory/shell-words.ts'
import { resolvePlainScalar } from '../../../src/inventory/yaml-scalar.ts'

// What Ansible itself makes of thousands of such texts is compared in test/hosts/inventory-grammar.test.ts.

describe('values of an INI inventory are literals of Python', () => {
  test.each([
    ['5', 5],
    ['-5', -5],
    ['0x1F', 31],
    ['1_000', 1000],
    ['12345678901234567890', 12345678901234567890n],
    ['1.5e3', 1500],
    ['True', true],
    ['None', null],
    ["'it'", 'it'],
    [String.raw`"a\tb\x41"`, 'a\tbA'],
    ["'a' 'b'", 'ab'],
    ["[1, 'two', [None]]", [1, 'two', [null]]],
    ['1,2', [1, 2]],
    ["{'a': {'b': 1}}", { a: { b: 1 } }],
    ['{}', {}],
    ['()', []],
    ['5 # comment', 5],
  ])('%s', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual({ value })
  })

  test.each([
    'yes',
    'true',
    '0644',
    '2024-01-01',
    '1+1',
    '192.0.2.1',
    'foo # bar',
    "'open",
    '[1',
    '1_',
    '--5',
    'b[',
    '',
    '5s',
    '{1',
    '.E5',
    '.',
  ])('%s is text', (text) => {
    expect(parsePythonLiteral(text)).toBeNull()
  })

  test('JSON without words reads as in JSON, and no text makes it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (json) => {
        const text = JSON.stringify(json)
        fc.pre(!/true|false|null|\d{16}|\\u|-0\b|e/.test(text))
        expect(parsePythonLiteral(text)).toEqual({ value: JSON.parse(text) })
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => void parsePythonLiteral(text)))
    expect(parsePythonLiteral('['.repeat(100_000))).toBeNull()
  })
})

describe('words of a line', () => {
  test('quotes, escapes and comments as in a shell', () => {
    expect(splitShellWords(String.raw`h a='x y' b="q\"q" c=d\ e f=g#h i`)).toEqual({
      ok: true,
      words: [
        { text: 'h', start: 0 },
        { text: 'a=x y', start: 2 },
        { text: 'b=q"q', start: 10 },
        { text: 'c=d e', start: 19 },
        { text: 'f=g', start: 26 },
      ],
    })
  })

  test('quoting brings any word back', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
        const split = splitShellWords(line)
        expect(split.ok && split.words.map(({ text }) => text)).toEqual(words)
      }),
    )
  })
})

describe('hosts of a line', () => {
  test.each([
    ['web01', ['web01'], null],
    ['web[01:03]', ['web01', 'web02', 'web03'], null],
    ['w[1:9:4]-[a:b]:2222', ['w1-a', 'w1-b', 'w5-a', 'w5-b', 'w9-a', 'w9-b'], 2222],
    ['w[:2]', ['w0', 'w1', 'w2'], null],
    ['w[Y:Z]', ['wY', 'wZ'], null],
    ['[2001:db8::1]:22', ['2001:db8::1'], 22],
    ['2001:db8::22', ['2001:db8::22'], null],
  ])('%s', (pattern, names, port) => {
    expect(expandHosts(pattern)).toEqual({ ok: true, names, port })
  })

  test('a range of numbers has as many hosts as it says, all of one length when padded', () => {
    const bounds = fc.tuple(fc.nat(5000), fc.nat(500), fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(bounds, ([from, more, step]) => {
        const [first, last] = [from, from + more].map((number) => String(number).padStart(6, '0'))
        const hosts = expandHosts(`h[${first}:${last}:${step}]`)
        if (!hosts.ok) throw new Error(hosts.what)
        expect(hosts.names).toHaveLength(Math.floor(more / step) + 1)
        expect(new Set(hosts.names).size).toBe(hosts.names.length)
        expect(hosts.names.every((name) => name.length === 7)).toBe(true)
      }),
    )
  })

  test('no text makes it throw, and every name it gives is a plain one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hosts = expandHosts(text)
        if (hosts.ok) for (const name of hosts.names) expect(name).toMatch(/^[^-\s/][^\s/,]*$/u)
      }),
    )
  })
})

test('ports and addresses', () => {
  expect(parseAddress('web:80')).toEqual({ host: 'web', port: 80 })
  expect(parseAddress('fe80::1%eth0')).toEqual({ host: 'fe80::1%eth0', port: null })
  expect(parseAddress('web:db')).toBeNull()
  expect(parseAddress('-web')).toBeNull()
})

describe('globs', () => {
  test.each([
    ['web*', 'web01', true],
    ['web*', 'Web01', false],
    ['w?b', 'web', true],
    ['w[a-e]b', 'web', true],
    ['w[!a-e]b', 'web', false],
    ['w[]x]b', 'w]b', true],
    ['w[e', 'w[e', true],
    ['*a*b*', 'xaxbx', true],
    ['', '', true],
  ])('%s %s', (glob, name, expected) => {
    expect(compileGlob(glob)(name)).toBe(expected)
  })

  test('stars match as a regular expression has it', () => {
    const glob = fc
      .array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 })
      .map((parts) => parts.join(''))
    const name = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(compileGlob(pattern)(text)).toBe(regex.test(text))
      }),
    )
  })
})

describe('plain scalars of YAML are those of PyYAML', () => {
  test.each([
    ['yes', true],
    ['OFF', false],
    ['y', 'y'],
    ['010', 8],
    ['08', '08'],
    ['0o10', '0o10'],
    ['0x1f', 31],
    ['1_000', 1000],
    ['1:30', 90],
    ['1e5', '1e5'],
    ['1.5e+3', 1500],
    ['.5', 0.5],
    ['~', null],
    ['', null],
    ['-12345678901234567890', -12345678901234567890n],
    ['2001-12-14', '2001-12-14'],
    ['2001-12-14 21:59:43.10 -5', '2001-12-14T21:59:43.100000-05:00'],
    ['2001-13-14', '2001-13-14'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s', (text, value) => {
    expect(resolvePlainScalar(text)).toEqual(value)
  })
})
