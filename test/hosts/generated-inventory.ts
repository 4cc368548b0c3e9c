import * as fc from 'fast-check'

/** Files of an inventory by path, and the sources in the order to name them. */
export interface GeneratedInventory {
  readonly files: Readonly<Record<string, string>>
  readonly sources: readonly string[]
}

// On no level do two groups have children: Ansible would walk those in the order of memory addresses.
const groupNames = ['web', 'db', 'edge.x', 'front-end', 'g1', 'top', 'zz'] as const
const parents: Readonly<Record<string, string>> = { web: 'g1', db: 'g1', 'edge.x': 'db', 'front-end': 'db' }
const alwaysThere = ['[g1:children]', 'db']
const hostNames = [
  'web01',
  'web02',
  'web10',
  'db01',
  'db.example.net',
  'a',
  'g1-x',
  '10.0.0.1',
  '2001:db8::1',
  'Web01',
]
const hostPatterns = [
  ...hostNames,
  'web[01:03]',
  'n[1:9:4]',
  'r[a:b]-[8:10]',
  'web01:2222',
  '[2001:db8::2]:22',
]

const key = fc.constantFrom('a', 'b', 'c', 'ansible_user', 'x_y')
const iniValue = fc.constantFrom(
  '1',
  '01',
  'yes',
  'True',
  "'q'",
  '[1,2]',
  "{'k': 1}",
  'a=b',
  '1.5',
  '',
  'None',
  '1,2',
  'x:y',
)
const yamlValue = fc.constantFrom(
  '1',
  '010',
  'yes',
  'off',
  '"q"',
  '[1, {k: v}]',
  '{k: 1}',
  '1:30',
  '1.5',
  '',
  '~',
  '0x1f',
  'a b',
)
const group = fc.constantFrom(...groupNames)
const settings = fc.array(fc.tuple(key, iniValue), { maxLength: 2 })

const hostSection = fc
  .tuple(group, fc.array(fc.tuple(fc.constantFrom(...hostPatterns), settings), { maxLength: 4 }))
  .map(([name, hosts]) => [
    `[${name}]`,
    ...hosts.map(([host, vars]) => [host, ...vars.map(([k, v]) => `${k}="${v}"`)].join(' ')),
  ])
const varsSection = fc
  .tuple(
    group,
    fc.array(fc.tuple(key, iniValue), { maxLength: 3 }),
    fc.option(fc.integer({ min: -2, max: 9 })),
  )
  .map(([name, vars, priority]) => [
    `[${name}:vars]`,
    ...vars.map(([k, v]) => `${k} = ${v}`),
    ...(priority === null ? [] : [`ansible_group_priority=${priority}`]),
  ])
const childSection = fc
  .constantFrom(...Object.entries(parents))
  .map(([child, parent]) => [`[${parent}:children]`, child])

const ini = fc
  .tuple(
    fc.subarray(hostPatterns, { maxLength: 3 }),
    fc.array(fc.oneof(hostSection, varsSection, childSection), { maxLength: 8 }),
  )
  .map(([alone, sections]) =>
    [...alone, ...sections.flat(), ...alwaysThere, ...groupNames.map((name) => `[${name}]`)]
      .map((line) => `${line}\n`)
      .join(''),
  )

const yamlVars = fc
  .uniqueArray(fc.tuple(key, yamlValue), { selector: ([name]) => name, maxLength: 3 })
  .map((vars) => `{${vars.map(([k, v]) => `${k}: ${v}`).join(', ')}}`)
const yamlGroup = fc
  .tuple(
    group,
    fc.uniqueArray(fc.tuple(fc.constantFrom(...hostPatterns), yamlVars), {
      selector: ([name]) => name,
      maxLength: 4,
    }),
    yamlVars,
  )
  .map(([name, hosts, vars]) => ({
    name,
    text: [
      `${name}:`,
      `  vars: ${vars}`,
      '  hosts:',
      ...hosts.map(([host, own]) => `    ${JSON.stringify(host)}: ${own}`),
    ].join('\n'),
  }))
const yaml = fc
  .uniqueArray(yamlGroup, { selector: ({ name }) => name, minLength: 1, maxLength: 4 })
  .map((groups) => `${groups.map(({ text }) => text).join('\n')}\n`)

const varsFile = fc
  .uniqueArray(fc.tuple(key, yamlValue), { selector: ([name]) => name, maxLength: 3 })
  .map((vars) => vars.map(([k, v]) => `${k}: ${v}\n`).join(''))
const base = fc.constantFrom('', 'play/', 'more/')
const beside = fc.array(
  fc.tuple(
    base,
    fc.oneof(
      fc.constantFrom('all', ...groupNames).map((name) => `group_vars/${name}.yml`),
      fc.constantFrom('web01', 'db.example.net', 'n5').map((name) => `host_vars/${name}`),
    ),
    varsFile,
  ),
  { maxLength: 6 },
)

/** One to three sources of both forms, with variables beside them and beside a playbook. */
export const generatedInventory: fc.Arbitrary<GeneratedInventory> = fc
  .record({ ini, yaml: fc.option(yaml), second: fc.option(ini), beside })
  .map(({ ini: first, yaml: more, second, beside: vars }) => ({
    files: {
      'play/.keep': '',
      hosts: first,
      ...(more === null ? {} : { 'more/hosts.yml': more }),
      ...(second === null ? {} : { 'more/hosts': second }),
      ...Object.fromEntries(vars.map(([at, path, text]) => [at + path, text])),
    },
    sources: [
      'hosts',
      ...(more === null ? [] : ['more/hosts.yml']),
      ...(second === null ? [] : ['more/hosts']),
    ],
  }))

const name = fc.constantFrom(
  'all',
  'ungrouped',
  'nobody',
  ...groupNames,
  ...hostNames.filter((host) => !host.includes(':')),
)
const glob = fc.constantFrom(
  '*',
  'web*',
  '*.*',
  'web0?',
  'w[ae]b*',
  '[!w]*',
  '*[12]',
  'db*',
  'nothing*',
  '?',
  '*-*',
  'e*',
)
const regex = fc.constantFrom('~web0[12]', '~(web|db)', '~.*\\d$', '~^g1', '~nothing', '~w')
const subscript = fc.constantFrom(
  '[0]',
  '[1]',
  '[-1]',
  '[-2]',
  '[0:1]',
  '[1:]',
  '[0:0]',
  '[2:9]',
  '[9]',
  '[3:1]',
  '[1-2]',
)
const plain = fc.oneof({ weight: 4, arbitrary: name }, { weight: 2, arbitrary: glob }, regex)
const term = fc
  .tuple(fc.constantFrom('', '', '', '!', '&'), plain, fc.option(subscript, { freq: 4 }))
  .map(([effect, text, index]) => `${effect}${text}${index !== null && !text.startsWith('~') ? index : ''}`)

/** Patterns of up to four terms, with both separators. */
export const generatedPattern: fc.Arbitrary<string> = fc
  .tuple(fc.array(term, { minLength: 1, maxLength: 4 }), fc.constantFrom(':', ',', ', '))
  .map(([terms, separator]) => terms.join(separator))
