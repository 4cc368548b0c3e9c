import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAddress } from '../../src/inventory/address.ts'
import { compileGlob } from '../../src/inventory/glob.ts'
import { pythonJson } from '../../src/inventory/python-json.ts'
import { parsePythonLiteral } from '../../src/inventory/python-literal.ts'
import { splitShellWords } from '../../src/inventory/shell-words.ts'
import { readAnsibleYaml } from '../../src/inventory/ansible-yaml.ts'
import { toPlain } from '../../src/yaml/yaml-node.ts'
import { fillTemplate } from '../../src/inventory/template.ts'
import { templateCases, templateVars } from '../unit/inventory/template-cases.ts'
import { askAnsible } from './ask-ansible.ts'

/** What Ansible makes of a text; null where it refuses it. */
type Answer = { readonly value: unknown } | null

const seed = 20_240_229

function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))
}

function samples<Value>(arbitrary: fc.Arbitrary<Value>, count: number): readonly Value[] {
  return fc.sample(arbitrary, { numRuns: count, seed })
}

async function ask(kind: string, texts: readonly unknown[]): Promise<readonly Answer[]> {
  const [answers] = await askAnsible<readonly Answer[]>([{ [kind]: texts }], '/')
  expect(answers).toHaveLength(texts.length)
  return answers ?? []
}

/** The values of ours as JSON has them: bigints lose what JSON.parse makes them lose on the other side too. */
function asJson(value: unknown): unknown {
  return JSON.parse(pythonJson(value))
}

test('literals of Python', async () => {
  const atoms = textOf(
    '0',
    '1',
    '7',
    '9',
    '_',
    '.',
    'e',
    'E',
    '+',
    '-',
    'x',
    'b',
    'o',
    'j',
    ' ',
    '12',
    '0x',
    "'",
    '"',
    'a',
  )
  const strings = textOf(
    "'",
    '"',
    '\\',
    'n',
    'x41',
    'u00e9',
    'N{',
    '101',
    'r',
    'b',
    'u',
    'f',
    ' ',
    'é',
    '8',
    '\\\\',
    "'''",
    'U0001F600',
  )
  const nested = textOf(
    '[',
    ']',
    '(',
    ')',
    '{',
    '}',
    ',',
    ':',
    '1',
    "'a'",
    ' ',
    'True',
    'None',
    '-',
    '#',
    'x',
    '2.5',
    '\t',
  )
  const value = fc
    .jsonValue({ maxDepth: 3 })
    .map((json) =>
      JSON.stringify(json).replaceAll('true', 'True').replaceAll('false', 'False').replaceAll('null', 'None'),
    )
  const texts = [
    ...samples(atoms, 1500),
    ...samples(strings, 1500),
    ...samples(nested, 1500),
    ...samples(value, 500),
  ]
  const answers = await ask('literals', texts)
  let read = 0
  for (const [index, text] of texts.entries()) {
    const ours = parsePythonLiteral(text)
    if (ours !== null) read += 1
    // What is too large for a float is Infinity on both sides, which JSON lacks.
    if (ours !== null && pythonJson(ours.value).includes('Infinity')) continue
    // A set, complex number or ellipsis has no place in JSON: there only ours is to be sane.
    if (ours !== null && answers[index] === null && /[{]/.test(text)) continue
    expect(ours === null ? null : { value: asJson(ours.value) }, JSON.stringify(text)).toEqual(answers[index])
  }
  expect(read).toBeGreaterThan(700)
})

test('words of a line', async () => {
  const texts = samples(textOf('a', 'b=', '"', "'", '\\', '#', ' ', '\t', 'é', '  ', '=', "''", '\\"'), 3000)
  const answers = await ask('words', texts)
  for (const [index, text] of texts.entries()) {
    const ours = splitShellWords(text)
    const words = ours.ok ? { value: ours.words.map((word) => word.text) } : null
    expect(words, JSON.stringify(text)).toEqual(answers[index])
    if (ours.ok) for (const word of ours.words) expect(text.charAt(word.start)).not.toMatch(/^\s?$/)
  }
})

test('plain scalars of YAML', async () => {
  const numbers = textOf(
    '0',
    '1',
    '7',
    '9',
    '_',
    '.',
    'e+',
    'e',
    '-',
    '+',
    'x',
    'b',
    ':',
    '59',
    '60',
    '0x',
    'f',
    'o',
  )
  const words = textOf(
    'y',
    'Y',
    'es',
    'ES',
    'no',
    'n',
    'o',
    'ff',
    'FF',
    'on',
    'True',
    'false',
    'null',
    '~',
    '.inf',
    '.NaN',
    ' ',
  )
  const dates = textOf(
    '2001-',
    '12-',
    '14',
    '1-',
    't',
    'T',
    ' ',
    '21:',
    '59:',
    '43',
    '.1',
    'Z',
    '+01:',
    '00',
    '-5',
  )
  const texts = [...samples(numbers, 2000), ...samples(words, 1000), ...samples(dates, 1500)]
    .map((text) => text.trim())
    // A colon at the end or a dash in front makes it something else than a scalar; NaN has no place in JSON.
    .filter((text) => !/:$|: |^-$|^- |^---|nan|inf/i.test(text))
  const answers = await ask('yaml', texts)
  for (const [index, text] of texts.entries()) {
    const { root } = readAnsibleYaml(`v: ${text}`, 'test')
    const map = root === null ? null : toPlain(root)
    const value = (map as { v: unknown } | null)?.v
    const theirs = answers[index]
    // Dates and bases that do not exist are errors in Python, and plain text here; JSON lacks infinity.
    if (theirs === null && Math.abs(Number(value)) === Number.POSITIVE_INFINITY) continue
    if (theirs === null) expect(value, text).toBe(text)
    else expect(asJson(value), text).toEqual(theirs?.value)
  }
})

test('YAML documents', async () => {
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.constantFrom(
        'yes',
        '010',
        '1:30',
        'multi\nline\n',
        ' padded ',
        '# no comment',
        'a: b',
        '{{ x }}',
        '',
        '\t',
        '- x',
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).node
  const { stringify } = await import('yaml')
  const texts = samples(value, 600).map((node) => stringify({ v: node }, { version: '1.1' }))
  const answers = await ask('yaml', texts)
  let compared = 0
  for (const [index, text] of texts.entries()) {
    const theirs = answers[index]
    // PyYAML refuses characters that YAML does not allow; ours is more lenient.
    if (theirs === null || theirs === undefined) continue
    compared += 1
    const { root, problems } = readAnsibleYaml(text, 'test')
    expect(problems, text).toEqual([])
    expect(root === null ? null : asJson(toPlain(root)), text).toEqual(theirs.value)
  }
  expect(compared).toBeGreaterThan(400)
})

/** Ansible's numbers come out of a template as text, whole ones of a division with a `.0`, which ours lack. */
function comparable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/(\d)\.0(?!\d)/g, '$1')
  // None comes out as an empty text; here it stays what it is, a variable that says nothing.
  if (value === null) return ''
  return typeof value === 'number' ? String(value) : value
}

test('templates: what our cases say is what Ansible says', async () => {
  const answers = await ask(
    'templates',
    templateCases.map(([text]) => [text, templateVars]),
  )
  for (const [index, [text, value]] of templateCases.entries()) {
    const answer = answers[index]
    expect(answer === null ? 'refused' : comparable(answer?.value), text).toEqual(comparable(value))
  }
})

test('templates, generated', async () => {
  const atom = fc.constantFrom(
    'port',
    'numeric_text',
    'name',
    'list',
    'words',
    'empty',
    'enabled',
    'missing',
    'site.racks',
    'site.nope',
    "'x'",
    '3',
    '-1',
    'true',
    'none',
    '[1, 2]',
    "{'a': 1}",
  )
  const filter = fc.constantFrom(
    "default('d')",
    "default('d', true)",
    'int',
    'bool',
    'upper',
    'lower',
    'trim',
    "replace('a', 'b')",
    'first',
    'last',
    'length',
    "join('-')",
    "split('.')",
    "ternary('t', 'f')",
    'list',
    'sort',
    'unique | list',
    'reverse | list',
    'max',
    'min',
    'abs',
    'capitalize',
  )
  const operator = fc.constantFrom('+', '-', '*', '//', '%', '~', '==', '!=', '<', '>=', 'in', 'and', 'or')
  const chain = fc
    .tuple(atom, fc.array(filter, { maxLength: 3 }))
    .map(([value, filters]) => [value, ...filters].join(' | '))
  const expression = fc.oneof(
    chain,
    fc.tuple(chain, operator, chain).map(([left, sign, right]) => `(${left}) ${sign} (${right})`),
    fc.tuple(chain, chain, chain).map(([yes, condition, no]) => `(${yes}) if (${condition}) else (${no})`),
    fc
      .tuple(chain, fc.constantFrom('defined', 'not none', 'string', 'number', 'mapping'))
      .map((pair) => pair.join(' is ')),
  )
  const template = fc.oneof(
    expression.map((one) => `{{ ${one} }}`),
    fc.tuple(expression, expression).map(([one, other]) => `a{{ ${one} }}-{{ ${other} }}`),
  )
  const texts = samples(template, 600)
  const answers = await ask(
    'templates',
    texts.map((text) => [text, templateVars]),
  )
  let filled = 0
  let lenient = 0
  for (const [index, text] of texts.entries()) {
    const theirs = answers[index] ?? null
    const ours = fillTemplate(text, { vars: templateVars })
    // What Ansible refuses and we fill, or the other way round, is counted; what both fill has to be the same.
    if ((theirs === null) !== !ours.ok) lenient += 1
    if (theirs === null || !ours.ok) continue
    filled += 1
    expect(comparable(ours.value), text).toEqual(comparable(theirs.value))
  }
  expect(filled).toBeGreaterThan(150)
  expect(lenient).toBeLessThan(texts.length / 20)
})

test('globs', async () => {
  const pattern = textOf(
    'a',
    'b',
    '*',
    '?',
    '[',
    ']',
    '!',
    '-',
    'a-c',
    '^',
    '\\',
    '.',
    '[ab]',
    '[!a]',
    '[a-]',
    '[]]',
  )
  const name = textOf('a', 'b', 'c', '-', ']', '[', '!', '^', '\\', '.', 'd')
  // Python takes a ! behind a range that runs backwards for a negation.
  const pairs = samples(fc.tuple(pattern, name), 5000).filter(([glob]) => !/-.!/.test(glob))
  const answers = await ask('globs', pairs)
  let matching = 0
  for (const [index, [glob, text]] of pairs.entries()) {
    const matches = compileGlob(glob)(text)
    if (matches) matching += 1
    expect({ value: matches }, `${glob} ${text}`).toEqual(answers[index])
  }
  expect(matching).toBeGreaterThan(50)
})

test('addresses and ports', async () => {
  const address = textOf(
    'a',
    'b1',
    '1',
    '255',
    '256',
    '.',
    ':',
    '::',
    '[',
    ']',
    '[1:3]',
    '[a:f]',
    '-',
    '_',
    ':22',
    'ffff',
    'é',
    '%eth0',
    '[0:1:2]',
  )
  const texts = samples(address, 5000)
  const answers = await ask('addresses', texts)
  for (const [index, text] of texts.entries()) {
    const ours = parseAddress(text)
    expect(ours === null ? null : { value: [ours.host, ours.port] }, text).toEqual(answers[index])
  }
})
