import { readFileSync } from 'node:fs'
import { Ajv, type AnySchemaObject } from 'ajv'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { tunables } from '../../../src/kernel/tunables.ts'
import { playbookJsonSchema } from '../../../src/playbook/json-schema.ts'
import { parsePlaybook } from '../../../src/playbook/load-playbook.ts'
import { InputError } from '../../../src/problem.ts'

const schema = JSON.parse(playbookJsonSchema()) as AnySchemaObject
const isValid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema)

function loads(playbook: unknown): boolean {
  try {
    // Quotes everywhere: what a text is shall not hang on how YAML would read it bare.
    parsePlaybook(
      stringify(playbook, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }),
      'p.yml',
    )
    return true
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}

test('the schema in the repository is the one that the program prints', () => {
  const kept = readFileSync(new URL('../../../schema/playbook.schema.json', import.meta.url), 'utf8')
  expect(kept).toBe(playbookJsonSchema())
})

describe('what an editor shows', () => {
  test('every key has a description', () => {
    const bare: string[] = []
    function walk(node: unknown, path: string): void {
      if (typeof node !== 'object' || node === null) return
      const { properties } = node as { properties?: Record<string, { description?: string }> }
      for (const [key, value] of Object.entries(properties ?? {}))
        if (value.description === undefined) bare.push(`${path}.${key}`)
      for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`)
    }
    walk(schema, '')
    expect(bare).toEqual([])
  })

  test('every timeout and option is offered under its short name', () => {
    const { properties } = schema['items'].properties.conntrack
    const offered = [
      ...Object.keys(properties.timeouts.properties),
      ...Object.keys(properties.options.properties),
    ]
    const known = tunables.filter(({ area }) => area !== 'size').map(({ shortName }) => shortName)
    expect(offered.toSorted()).toEqual(known.toSorted())
  })

  test('full kernel names are let through, others are not', () => {
    const play = (name: string) => [{ hosts: 'all', conntrack: { timeouts: { [name]: 30 } } }]
    expect(isValid(play('nf_conntrack_udp_timeout'))).toBe(true)
    expect(isValid(play('net.netfilter.nf_conntrack_udp_timeout'))).toBe(true)
    expect(isValid(play('nf_conntrack_acct'))).toBe(false)
    expect(isValid(play('quic'))).toBe(false)
  })
})

// Not tried: bare fractions such as `name: 1.5`, which are text to the program and a number to the editor.
describe('editor and program agree', () => {
  const value = fc.oneof(
    fc.integer({ min: -2, max: 4 }),
    fc.constantFrom<unknown>(
      262_144,
      2_147_483_647,
      2_147_483_648,
      2_147_483,
      2_147_484,
      268_435_455,
      268_435_456,
      255,
      256,

      true,
      false,
      'yes',
      'Off',
      'TRUE',
      'yEs',
      '1',
      '0',
      '010',
      '30',
      '-1',
      '',
      ' ',
      'load',
      'leave',
      'all',
      '90s',
      '1h30m',
      '5d',
      '30m1h',
      '1.5h',
      '0s',
      'max / 4',
      'max/1',
      'max / 0',
      'max',
      '{{ x }}',
      '{{ x }} / 4',
      '262144',
      '64k',
      null,
      [],
      {},
      ['web', 'db'],
      ['web', 5],
    ),
  )
  const key = (...keys: string[]) => fc.constantFrom(...keys)
  /** Mostly what belongs there, so that many playbooks are good but for one thing. */
  const mostly = (...good: unknown[]) =>
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: value })
  const play = fc.record(
    {
      hosts: mostly('all', 'web:!db', ['web', 'db']),
      name: mostly('Raise'),
      become: mostly(true, 'yes', 'Off'),
      persist: mostly(false, 'no', '{{ x }}'),
      conntrack: fc.record(
        {
          max: mostly(1, '262144', 2_147_483_647, '{{ x }}'),
          hashsize: mostly(1, '65536', 'max / 4', 'max/1', '{{ x }}'),
          module: mostly('load', 'leave', '{{ x }}'),
          timeouts: fc.dictionary(
            key(
              'udp',
              'tcp_established',
              'nf_conntrack_icmp_timeout',
              'net/netfilter/nf_conntrack_gre_timeout',
            ),
            mostly(1, '30', '1h30m', 2_147_483, '{{ x }}'),
          ),
          options: fc.dictionary(
            key('tcp_loose', 'acct', 'nf_conntrack_helper'),
            mostly(true, 1, '0', 'Yes', '{{ x }}'),
          ),
        },
        { requiredKeys: ['max'] },
      ),
      sysctl: fc.dictionary(
        key('net.ipv4.tcp_fin_timeout', 'net/core/somaxconn', 'kernel.domainname'),
        mostly(30, -1, true, 'text', '1 2 3', '{{ x }}'),
      ),
    },
    { requiredKeys: ['hosts', 'conntrack'] },
  )

  test('what the program takes, the editor takes', () => {
    let taken = 0
    fc.assert(
      fc.property(play, (written) => {
        if (!loads([written])) return
        taken += 1
        expect(isValid([written]), JSON.stringify(isValid.errors)).toBe(true)
      }),
      { numRuns: 1000 },
    )
    expect(taken).toBeGreaterThan(100)
  })

  // Texts are the exception: a schema cannot say that 64-bit digits are too many, or that a name has no line breaks.
  test('what is no number, boolean or mapping in the editor is none in the program', () => {
    const sections = fc.constantFrom(
      (item: unknown) => ({ hosts: 'all', conntrack: { max: item } }),
      (item: unknown) => ({ hosts: 'all', conntrack: { hashsize: item } }),
      (item: unknown) => ({ hosts: 'all', conntrack: { timeouts: { udp: item } } }),
      (item: unknown) => ({ hosts: 'all', conntrack: { options: { tcp_loose: item } } }),
      (item: unknown) => ({ hosts: 'all', conntrack: { options: { log_invalid: item } } }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1, module: item } }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, persist: item }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, serial: item }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, throttle: item }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, max_fail_percentage: item }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, settle: item }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, any_errors_fatal: item }),
      (item: unknown) => ({ hosts: 'all', conntrack: { max: 1 }, sysctl: { 'net.core.somaxconn': item } }),
    )
    const notText = value.filter((item) => typeof item !== 'string' && typeof item !== 'object')
    fc.assert(
      fc.property(sections, notText, (section, item) => {
        expect(isValid([section(item)])).toBe(loads([section(item)]))
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['conntrack', { max: '64k' }],
    ['conntrack', { max: -1 }],
    ['conntrack', { hashsize: 'max' }],
    ['conntrack', { hashsize: 'max / 0' }],
    ['conntrack', { timeouts: { udp: '1.5h' } }],
    ['conntrack', { timeouts: { udp: 0 } }],
    ['conntrack', { options: { tcp_loose: 'maybe' } }],
    ['conntrack', { module: 'reload' }],
    ['conntrack', { maxx: 5 }],
    ['persist', 'maybe'],
    ['become', '{{ x }}'],
    ['serial', 0],
    ['serial', []],
    ['serial', '0%x'],
    ['order', 'random'],
    ['throttle', 0],
    ['max_fail_percentage', 101],
    ['any_errors_fatal', 'maybe'],
    ['settle', '2w'],
    ['verify', { hold: -1 }],
    ['verify', { held: 1 }],
    ['sysctl', ['net.ipv4.ip_forward']],
  ])('both refuse %s: %j', (section, content) => {
    const written = [{ hosts: 'all', conntrack: { max: 1 }, [section]: content }]
    expect(isValid(written)).toBe(false)
    expect(loads(written)).toBe(false)
  })
})
