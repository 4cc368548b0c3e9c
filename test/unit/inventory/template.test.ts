import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillTemplate } from '../../../src/inventory/template.ts'

const vars = {
  inventory_hostname: 'web01',
  port: 2222,
  enabled: true,
  nothing: null,
  site: { name: 'ams', 'odd key': 'x', racks: ['r1', 'r2'] },
  domain: '{{ site.name }}.example.net',
  address: '{{ inventory_hostname }}.{{ domain }}',
  whole: '{{ site }}',
  secret: { __ansible_vault: '$ANSIBLE_VAULT;1.1;AES256\n00' },
  literal: { __ansible_unsafe: 'as {{ is }}' },
}

describe('what is filled', () => {
  test.each([
    ['plain text', 'plain text'],
    ['single } and { braces }}', 'single } and { braces }}'],
    ['{{ inventory_hostname }}', 'web01'],
    ['{{inventory_hostname}}-{{  port  }}', 'web01-2222'],
    ['{{ port }}', 2222],
    ['{{ enabled }}', true],
    ['{{ nothing }}', null],
    ['is {{ enabled }}, {{ nothing }}.', 'is True, .'],
    ['{{ site.name }}', 'ams'],
    ["{{ site['odd key'] }}", 'x'],
    ['{{ site["racks"][1] }}', 'r2'],
    ['{{ site.racks[-2] }}', 'r1'],
    ['{{ site.racks.0 }}', 'r1'],
    ['{{ whole.name }}', 'ams'],
    ['{{ address }}', 'web01.ams.example.net'],
    ['{{ literal }}', 'as {{ is }}'],
  ])('%s', (text, value) => {
    expect(fillTemplate(text, vars)).toEqual({ ok: true, value })
  })
})

describe('what is refused, and why', () => {
  test.each([
    ['{{ missing }}', '{{ missing }}: no variable missing is known'],
    ['{{ toString }}', '{{ toString }}: no variable toString is known'],
    ['{{ site.rack }}', '{{ site.rack }}: site has no key rack'],
    ['{{ site.racks[2] }}', '{{ site.racks[2] }}: site.racks is a list without an element 2'],
    ['{{ port.x }}', '{{ port.x }}: port is neither a mapping nor a list'],
    [
      "a {{ port | default('22') }}",
      "{{ port | default('22') }} is more than the name of a variable, which is all that is understood",
    ],
    ['{{ }}', '{{ }} is more than the name of a variable, which is all that is understood'],
    ['{{ port', '{{ port is not closed with }}'],
    ['{% if x %}', '{% if x %} is a Jinja statement or comment; only {{ variable }} is understood'],
    ['x{{ site }}', '{{ site }} is a list or a mapping, which cannot stand inside other text'],
    ['{{ secret }}', 'secret is encrypted with ansible-vault, which is not decrypted yet'],
  ])('%s', (text, why) => {
    expect(fillTemplate(text, vars)).toEqual({ ok: false, why })
  })

  test('a circle is named whole', () => {
    const circle = { a: '{{ b }}', b: 'x{{ c.d }}', c: { d: '{{ a }}' } }
    expect(fillTemplate('{{ a }}', circle)).toEqual({
      ok: false,
      why: 'a -> b -> c.d -> a goes round in a circle',
    })
  })

  test('templates that multiply are stopped', () => {
    const bomb: Record<string, unknown> = { v0: 'x'.repeat(100) }
    for (let level = 1; level < 19; level += 1) bomb[`v${level}`] = `{{ v${level - 1} }}`.repeat(10)
    expect(fillTemplate('{{ v18 }}', bomb)).toMatchObject({ ok: false })
  })
})

test('no text makes it throw, and no expression is left over', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('{{', '}}', '{%', '{#', ' ', '.', '[', ']', "'", '|', ...Object.keys(vars)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const filled = fillTemplate(pieces.join(''), { ...vars, literal: 'x' })
      if (filled.ok && typeof filled.value === 'string') expect(filled.value).not.toMatch(/\{[{%#]/)
    }),
  )
})

test('text without an opening brace comes back as it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/\{[{%#]/.test(text))
      expect(fillTemplate(text, {})).toEqual({ ok: true, value: text })
    }),
  )
})
