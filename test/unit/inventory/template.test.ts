import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Host, Inventory } from '../../../src/inventory/inventory.ts'
import { EncryptedValue, unsafeValue } from '../../../src/inventory/marked-value.ts'
import { fillTemplate, fillValue, templateFault } from '../../../src/inventory/template.ts'
import { Vault } from '../../../src/secrets/vault.ts'
import { templateCases, templateVars } from './template-cases.ts'

const vars = {
  ...templateVars,
  secret: new EncryptedValue('$ANSIBLE_VAULT;1.1;AES256\n00', new Vault([])),
  literal: unsafeValue('as {{ is }}'),
}

test.each(templateCases)('%s', (text, value) => {
  const filled = fillTemplate(text, { vars })
  const normal = (one: unknown): unknown => (typeof one === 'number' ? String(one) : one)
  expect(filled.ok ? normal(filled.value) : filled.why).toEqual(normal(value))
})

test.each([
  ['{{ port + 1 }}', 2223],
  ['{{ nothing }}', null],
  ["{{ enabled | ansible.builtin.ternary('up', 'down') }}", 'up'],
  ['{{ missing | default(omit) }}', null],
  ['{{ literal }}', 'as {{ is }}'],
])('%s keeps its type', (text, value) => {
  expect(fillTemplate(text, { vars })).toEqual({ ok: true, value, isSecret: false })
})

describe('what is refused, and why', () => {
  test.each([
    ['{{ missing }}', '{{ missing }}: no variable missing is known'],
    ['{{ toString }}', '{{ toString }}: no variable toString is known'],
    ['{{ site.rack }}', '{{ site.rack }}: site has no key rack'],
    ['{{ site.racks[2] }}', '{{ site.racks[2] }}: site.racks is a list without an element 2'],
    ['{{ port.x }}', '{{ port.x }}: port is neither a mapping nor a list'],
    ['{{ }}', '{{ }} is not understood as Jinja (unexpected token: CloseExpression)'],
    ['{{ port', '{{ port is not closed with }}'],
    ['{% if x', '{% if x is not closed with %}'],
    ['{% if x %}', '{% if x %} is not understood as Jinja'],
    ['{% raw %}{{ x }}{% endraw %}', '{{ x }} holds the statement {% raw %}, which is not evaluated'],
    ['{{ a b }}', '{{ a b }} is not understood as Jinja'],
    ["{{ '1' + 1 }}", "{{ '1' + 1 }}: + does not go with text and a number"],
    ['{{ 1 / 0 }}', '{{ 1 / 0 }}: a number is divided by zero'],
    ['{{ big * big }}', '{{ big * big }}: a number is too large to calculate with'],
    ['{{ missing + 1 }}', '{{ missing + 1 }}: no variable missing is known'],
    [
      "{{ lookup('env', 'HOME') }}",
      "{{ lookup('env', 'HOME') }}: lookup('env', ...) is not evaluated: it looks outside of the inventory",
    ],
    ["{{ port | ipaddr('net') }}", "{{ port | ipaddr('net') }}: the filter ipaddr is not known here"],
    ['{{ port is prime }}', '{{ port is prime }}: the test prime is not known here'],
    ['{{ cycler(1) }}', '{{ cycler(1) }}: the function cycler is not known here'],
    ['{{ name.format(1) }}', '{{ name.format(1) }}: the method format is not known here'],
    ["{{ name | regex_search('(') }}", `{{ name | regex_search('(') }}: "(" is not a regular expression`],
    [
      '{{ secret }}',
      'secret is not what ansible-vault writes: the text below the first line is cut or changed; encrypt it anew',
    ],
  ])('%s', (text, why) => {
    expect(fillTemplate(text, { vars })).toEqual({ ok: false, why })
  })

  test('a circle is named whole', () => {
    const circle = { a: '{{ b }}', b: 'x{{ c.d }}', c: { d: '{{ a }}' } }
    expect(fillTemplate('{{ a }}', { vars: circle })).toEqual({
      ok: false,
      why: 'a -> b -> c.d -> a goes round in a circle',
    })
  })

  test('the variable that is at fault is named with its place', () => {
    const scope = {
      vars: { a: '{{ b }}', b: '{{ missing }}' },
      placeOf: (name: string) => ({ file: 'group_vars/all.yml', line: name === 'b' ? 7 : 1, column: 1 }),
    }
    expect(fillTemplate('{{ a }}', scope)).toEqual({
      ok: false,
      why: 'in b (group_vars/all.yml:7:1): {{ missing }}: no variable missing is known',
    })
  })

  test('before any variable is known', () => {
    expect(templateFault('{{ max | default(65536) }}')).toBeUndefined()
    expect(templateFault('{{ max | }}')).toBe(
      '{{ max | }} is not understood as Jinja (unexpected token: CloseExpression)',
    )
  })
})

describe('hostile templates', () => {
  test.each([
    '{{ constructor }}',
    "{{ ''.constructor }}",
    "{{ ''['constructor'] }}",
    "{{ ''.constructor.constructor('return process')() }}",
    '{{ site.__proto__ }}',
    "{{ site['__proto__'] }}",
    '{{ [].constructor }}',
    '{{ range.constructor }}',
    "{{ site | map(attribute='constructor') | list }}",
    "{{ name | map('constructor') | list }}",
    '{{ site is constructor }}',
    '{{ site | __proto__ }}',
    '{{ self }}',
    '{{ hostvars }}',
    '{{ globalThis.process.env }}',
    '{{ name.toString() }}',
    '{{ dict(__proto__=1).polluted }}',
  ])('%s leads nowhere', (text) => {
    expect(fillTemplate(text, { vars })).toMatchObject({ ok: false })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  const bomb: Record<string, unknown> = { v0: 'x'.repeat(100) }
  for (let level = 1; level < 19; level += 1) bomb[`v${level}`] = `{{ v${level - 1} }}`.repeat(10)

  test.each([
    ['{{ v18 }}', 'characters'],
    ["{{ 'x' * 1000000000 }}", 'characters'],
    ['{{ range(1000000000) }}', 'steps'],
    ['{% for a in range(999) %}{% for b in range(999) %}{{ a }}{% endfor %}{% endfor %}', 'steps'],
    ["{{ ('x' * 999999) | replace('x', 'yy') }}", 'characters'],
    ["{{ '%0999d%0999d' | format(1, 2) * 1000 }}", 'characters'],
    ["{{ ('a' * 40) | regex_search('(a+)+b') }}", 'a regular expression has not ended'],
    ['{{ 9 ** 9 ** 9 }}', 'too large'],
    [`{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`, 'nested too deeply'],
    [`{{ ${'not '.repeat(4000)}1 }}`, 'nested too deeply'],
    [`${' '.repeat(19_990)}{{ 1 }}`, ''],
    [' '.repeat(20_001) + '{{ 1 }}', 'longer than'],
  ])('%.60s is bounded', (text, why) => {
    const start = process.cpuUsage()
    const filled = fillTemplate(text, { vars: bomb })
    const { user, system } = process.cpuUsage(start)
    expect(filled.ok ? '' : filled.why).toContain(why)
    expect(user + system).toBeLessThan(5_000_000)
  })

  test('no text makes it throw, and no expression is left over', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '{{',
        '}}',
        '{%',
        '%}',
        '{#',
        ' ',
        '.',
        '[',
        ']',
        "'",
        '|',
        '(',
        ')',
        'is',
        'not',
        'if',
        'for',
        'in',
        'endfor',
        'endif',
        'default',
        'map',
        ...Object.keys(templateVars),
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const filled = fillTemplate(pieces.join(' '), { vars: { ...templateVars } })
        if (filled.ok && typeof filled.value === 'string') expect(filled.value).not.toMatch(/\{\{/)
      }),
      { numRuns: 1000 },
    )
  })
})

test('text without an opening brace comes back as it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/\{[{%#]/.test(text))
      expect(fillTemplate(text, { vars: {} })).toEqual({ ok: true, value: text, isSecret: false })
    }),
  )
})

test('lists and mappings are filled through', () => {
  expect(fillValue(['{{ port }}', { a: 'x{{ site.name }}' }], { vars })).toMatchObject({
    value: [2222, { a: 'xams' }],
  })
})

test('other hosts, with their own variables in their templates', () => {
  const hosts = new Map<string, Host>()
  const inventory: Inventory = {
    hosts,
    groups: new Map([['web', { name: 'web', children: [], hosts: ['web01', 'web02'], vars: {} }]]),
  }
  for (const [name, number] of [
    ['web01', 1],
    ['web02', 2],
  ] as const)
    hosts.set(name, {
      name,
      groups: ['web'],
      vars: { number, ansible_host: '10.0.0.{{ number }}', inventory_hostname: name },
      inventory: () => inventory,
    })
  const scope = hosts.get('web01') ?? { vars: {} }
  const filled = (text: string): unknown => {
    const answer = fillTemplate(text, scope)
    return answer.ok ? answer.value : answer.why
  }
  expect(filled("{{ hostvars['web02'].ansible_host }}")).toBe('10.0.0.2')
  expect(filled("{{ hostvars.web02['number'] + number }}")).toBe(3)
  expect(filled('{{ groups.web }}')).toEqual(['web01', 'web02'])
  expect(filled("{{ groups['web'] | map('extract', hostvars, 'ansible_host') | join(',') }}")).toBe(
    '10.0.0.1,10.0.0.2',
  )
  expect(filled("{{ hostvars['web09'].number | default('none') }}")).toBe('none')
  expect(filled("{{ hostvars['web09'].number }}")).toBe(
    "{{ hostvars['web09'].number }}: hostvars has no key web09",
  )
  expect(filled("{{ 'web02' in groups.web and 'db' not in groups }}")).toBe(true)
})
