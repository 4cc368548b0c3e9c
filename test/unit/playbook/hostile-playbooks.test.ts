import { readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePlaybook } from '../../../src/playbook/load-playbook.ts'
import { decodePlaybook } from '../../../src/playbook/playbook-text.ts'
import { InputError, type Problem } from '../../../src/problem.ts'

const folders = ['../../../playbooks/', '../../cases/playbook/'].map((path) => new URL(path, import.meta.url))
const seeds = folders
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => new URL(name, folder)),
  )
  .filter(({ pathname }) => pathname.endsWith('.yml'))
  .map((file) => readFileSync(file, 'latin1'))

/** Either it is a playbook, or an InputError says why not, with places that are in the text. Gives what it says. */
function expectSaneAnswer(text: string): string {
  try {
    expect(parsePlaybook(text, 'f').plays.length).toBeGreaterThan(0)
    return ''
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    const lines = text.split('\n')
    // Asked by hand, and told at once: thousands of texts have a hundred problems each.
    expect(error.problems.filter((problem) => !isSane(problem, lines))).toEqual([])
    return error.message
  }
}

function isSane({ line, column, what, remedy }: Problem, lines: readonly string[]): boolean {
  if (what === '' || remedy === '' || what.length >= 600) return false
  if (/[\p{Cc}]|undefined|\[object/u.test(`${what}${remedy}`)) return false
  if (line === undefined || column === undefined) return true
  if (line < 1 || line > lines.length) return false
  // One behind the last character is a place that editors know.
  return column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1
}

describe('whatever stands in the file', () => {
  test('any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
        (text) => void expectSaneAnswer(text),
      ),
      { numRuns: 500 },
    )
  })

  test('pieces of YAML in any order', () => {
    const piece = fc.constantFrom(
      '- ',
      '  ',
      '\n',
      '\n  ',
      '\n    ',
      ': ',
      'hosts',
      'hosts: all',
      'conntrack:',
      'max: ',
      'timeouts: ',
      'sysctl: ',
      'udp: ',
      '30s',
      '0',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ',',
      '&a ',
      '*a',
      '<<: ',
      '*b',
      '!t ',
      '| ',
      '> ',
      '# ',
      '{{ x }}',
      '? ',
      '---\n',
      '%YAML',
      '\t',
      'net.ipv4.ip_forward: ',
      '\u{201c}',
      'null',
      '~',
      '010',
      '\r\n',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => void expectSaneAnswer(pieces.join(''))),
      { numRuns: 2000 },
    )
  })

  test('playbooks with a part cut out, doubled or replaced', () => {
    const change = fc.record({
      seed: fc.constantFrom(...seeds),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat({ max: 40 }),
      insert: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom('\n', ': ', '- ', '*', '&a ', '"', '{{', '\t'),
      ),
      twice: fc.boolean(),
    })
    fc.assert(
      fc.property(change, ({ seed, at, length, insert, twice }) => {
        const start = Math.floor(at * seed.length)
        const part = twice ? seed.slice(start, start + length) : ''
        expectSaneAnswer(seed.slice(0, start) + part + insert + part + seed.slice(start + length))
      }),
      {
        numRuns: 1000,
        examples: [
          [{ seed: 'name: be\u{1b}[31mll\n', at: 0.4, length: 0, insert: '{{', twice: false }],
          [{ seed: 'name: {{ \u{1b} }}\n', at: 0, length: 0, insert: '- ', twice: false }],
        ],
      },
    )
  })

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decodePlaybook(bytes, 'f')).toEqual(expect.any(String))
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
    )
  })
})

describe('bombs', () => {
  const mebibyte = 1024 * 1024
  const fill = (piece: string): string => piece.repeat(Math.floor(mebibyte / piece.length))
  const levels = (line: (level: number) => string): string =>
    Array.from({ length: 40 }, (_, level) => line(level)).join('\n')
  const ten = (name: string): string => Array.from({ length: 10 }, () => `*${name}`).join(', ')
  const keys = (count: number, indent: string): string =>
    Array.from({ length: count }, (_, index) => `${indent}net.k${index}: 1\n`).join('')

  test.each<[name: string, text: string, said?: string]>([
    // Each of these takes the parser alone many seconds and up to a gigabyte and more.
    ['brackets', fill('[')],
    ['braces', fill('{')],
    ['dashes', fill('- ')],
    ['closing brackets', fill('}] ')],
    ['commas', `[${fill(',')}`],
    ['empty lists', fill('[]')],
    ['question marks', fill('?\n')],
    ['documents', fill('---\n')],
    ['directives', fill('%x\n')],
    ['anchors', fill('&a ')],
    ['tags', fill('!t ')],
    ['comments', fill('#\n')],
    ['an endless quote', `"${fill('\\n')}`],
    ['an endless word', fill('x')],
    ['deep indentation', Array.from({ length: 1400 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
    [
      'aliases of aliases',
      levels((level) => (level === 0 ? '- &a0 [x]' : `- &a${level} [${ten(`a${level - 1}`)}]`)),
      'its aliases stand for far too many values',
    ],
    [
      'merges of merges',
      levels((level) =>
        level === 0
          ? '- hosts: all\n  sysctl: &a0 {net.k: 1}'
          : `- hosts: all\n  sysctl: &a${level} {<<: [${ten(`a${level - 1}`)}], net.k${level}: 1}`,
      ),
    ],
    [
      'one mapping merged again and again',
      `- &a\n${keys(3000, '  ')}${'- <<: *a\n'.repeat(20_000)}`,
      'far too much is merged',
    ],
    ['one play again and again', `- &a\n  hosts: all\n  sysctl: {net.k: 1}\n${'- *a\n'.repeat(50_000)}`],
    ['many keys', `- hosts: all\n  sysctl:\n${keys(40_000, '    ')}`],
    ['many unknown names', `- hosts: all\n  conntrack:\n    timeouts:\n${keys(10_000, '      ')}`],
    ['many expressions', `- hosts: "${'{{ a }}'.repeat(100_000)}"\n  sysctl: {net.k: 1}`],
    ['an expression that never ends', `- hosts: all\n  sysctl: {net.k: "${'{{ '.repeat(200_000)}"}`],
  ])('%s take seconds, not minutes', { timeout: 60_000 }, (_, text, said = '') => {
    expect(expectSaneAnswer(text)).toContain(said)
  })
})
