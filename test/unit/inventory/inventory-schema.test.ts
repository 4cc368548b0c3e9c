import { readdirSync, readFileSync } from 'node:fs'
import { Ajv, type AnySchemaObject } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse, type ScalarTag } from 'yaml'
import { allNames, connectionVariables } from '../../../src/inventory/connection-variables.ts'
import type { Host } from '../../../src/inventory/inventory.ts'
import { inventoryJsonSchema } from '../../../src/inventory/inventory-schema.ts'
import { targetOf } from '../../../src/inventory/target.ts'
import { InputError } from '../../../src/problem.ts'
import { plainDefaults } from './plain-defaults.ts'

const root = new URL('../../../', import.meta.url)
const schema = JSON.parse(inventoryJsonSchema()) as AnySchemaObject
const isValid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema)

const asText = (tag: string): ScalarTag => ({ tag, resolve: (text) => text })

/** As an editor reads it: YAML 1.2, with what is tagged as text. */
function inEditor(text: string): unknown {
  return parse(text, {
    customTags: [asText('!vault'), asText('!vault-encrypted'), asText('!unsafe')],
    merge: true,
    logLevel: 'error',
  })
}

function places(text: string): readonly string[] {
  if (isValid(inEditor(text)) === true) return []
  return (isValid.errors ?? []).map(({ instancePath, message, params }) =>
    [
      instancePath,
      message === 'must NOT have additional properties' ? `/${params['additionalProperty']}` : '',
    ].join(''),
  )
}

test('every variable, and every part of a group, has a description', () => {
  const bare: string[] = []
  function walk(node: unknown, path: string): void {
    if (typeof node !== 'object' || node === null) return
    const { properties } = node as { properties?: Record<string, Record<string, unknown>> }
    for (const [key, value] of Object.entries(properties ?? {}))
      if (value['description'] === undefined && value['$ref'] === undefined && value['allOf'] === undefined)
        bare.push(`${path}.${key}`)
    for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`)
  }
  walk(schema, '')
  expect(bare).toEqual([])
})

describe('what is read and what is described', () => {
  const names = connectionVariables.flatMap(allNames).filter((name) => name !== 'ansible_group_priority')
  const method = (name: string) => /^ansible_(su|doas)_/.exec(name)?.[1] ?? 'sudo'

  test.each(names)('%s is read', async (name) => {
    const vars = { ansible_become: true, ansible_become_method: method(name), [name]: ['a list'] }
    const host: Host = { name: 'web01', groups: [], vars }
    const refusal = await targetOf(host, plainDefaults).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(InputError)
    expect(String(refusal)).toContain(`${name} is a list or mapping`)
  })

  test('nothing else is', async () => {
    const asked = new Set<string>()
    for (const become of ['sudo', 'su', 'doas']) {
      const vars = new Proxy<Record<string, unknown>>(
        { ansible_become: true, ansible_become_method: become },
        {
          getOwnPropertyDescriptor(target, key) {
            asked.add(String(key))
            return Reflect.getOwnPropertyDescriptor(target, key)
          },
        },
      )
      await targetOf({ name: 'web01', groups: [], vars }, plainDefaults)
    }
    expect([...asked].toSorted()).toEqual([...new Set(names)].toSorted())
  })
})

describe('inventories that are fine are fine in an editor', () => {
  const parity = new URL('test/hosts/inventory-parity/', root)
  const files = [
    new URL('inventory/example.yml', root),
    ...readdirSync(parity)
      .filter((name) => /\.(?:ya?ml|json)$/.test(name))
      .map((name) => new URL(name, parity)),
  ]
  test('there are some', () => expect(files.length).toBeGreaterThan(10))

  test.each(files.map(({ pathname }) => pathname.replace(root.pathname, '')))('%s', (path) =>
    expect(places(readFileSync(new URL(path, root), 'utf8'))).toEqual([]),
  )

  test.each([
    [
      'templates',
      "all: {vars: {ansible_port: '{{ base + 1 }}', ansible_become: '{% if x %}yes{% endif %}'}}",
    ],
    ['what is encrypted', 'all: {vars: {ansible_port: !vault "$ANSIBLE_VAULT;1.1;AES256 61"}}'],
    ["Ansible's words", 'all: {vars: {ansible_become: YeS, ansible_host_key_checking: "0"}}'],
    ['nothing said', 'web:\ndb: {hosts: , vars: , children: }'],
    ['variables of your own', 'web: {hosts: {web01: {ansible_ssh_prot: 5, anything: [1, {a: 2}]}}}'],
    ['full names of plugins', 'web: {vars: {ansible_become_method: community.general.doas}}'],
  ])('%s', (_what, text) => expect(places(text)).toEqual([]))
})

describe('what is wrong is marked where it stands', () => {
  test.each([
    ['/web/hots', 'web: {hots: {web01: }}'],
    ['/web/children/eu/var', 'web: {children: {eu: {var: {a: 1}}}}'],
    ['/web/hosts', 'web: {hosts: [web01, web02]}'],
    ['/web/vars', 'web: {vars: [a, b]}'],
    ['/web/children', 'web: {children: 5}'],
    ['/web', 'web: [web01]'],
    ['/plugin', 'plugin: amazon.aws.aws_ec2'],
    ['/web/hosts/web01', 'web: {hosts: {web01: 192.0.2.1}}'],
    ['/web/hosts/web01/ansible_port', 'web: {hosts: {web01: {ansible_port: 70000}}}'],
    ['/web/hosts/web01/ansible_host', 'web: {hosts: {web01: {ansible_host: [a]}}}'],
    ['/web/vars/ansible_become', 'web: {vars: {ansible_become: maybe}}'],
    ['/web/vars/ansible_become_method', 'web: {vars: {ansible_become_method: pbrun}}'],
    ['/web/vars/ansible_connection', 'web: {vars: {ansible_connection: winrm}}'],
    ['', '- hosts: all'],
  ])('%s', (place, text) => {
    expect(places(text)).toContain(place)
    // And nothing beside or below it that the user did not break.
    const group = place.split('/')[1] ?? ''
    expect(places(text).every((found) => found.startsWith(`/${group}`) || found === '')).toBe(true)
  })
})
