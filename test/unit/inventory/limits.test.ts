import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { InputError } from '../../../src/problem.ts'

// Texts that take other readers minutes or gigabytes: each is refused, with its place, in a moment.

// A busy machine takes its time; what is bounded is the work.
vi.setConfig({ testTimeout: 300_000 })

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'limits-'))
})
afterAll(() => {
  rmSync(cwd, { recursive: true, force: true })
})

async function refusal(name: string, text: string): Promise<readonly string[]> {
  writeFileSync(join(cwd, name), text)
  const start = process.cpuUsage()
  try {
    await loadInventory([name], { cwd })
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { user, system } = process.cpuUsage(start)
    expect(user + system).toBeLessThan(30_000_000)
    return error.message.split('\n')
  }
  throw new Error('the inventory was taken')
}

const megabytes = 1024 * 1024

describe('YAML', () => {
  test.each([
    ['brackets', `a: ${'['.repeat(8 * megabytes)}`, ':1:203'],
    ['braces', '{a: '.repeat(2 * megabytes), ':1:798'],
    ['dashes', '- '.repeat(4 * megabytes), ':1:400'],
    ['question marks', '? '.repeat(4 * megabytes), ':1:400'],
  ])('%s within one another', async (_name, text, place) => {
    expect(await refusal('deep.yml', text)).toEqual([`deep.yml${place}: nested too deeply; flatten it`])
  })

  test('keys without end', async () => {
    const [only, ...more] = await refusal('long.yml', 'a: b\n'.repeat(600_000))
    expect(only).toMatch(/^long\.yml:\d+:\d+: the file goes on for too long; split it into several files$/)
    expect(more).toEqual([])
  })
})

describe('merges in YAML', () => {
  test('the same keys, merged over and over, are still the same keys', async () => {
    const levels = Array.from({ length: 8 }, (_level, index) =>
      index === 0
        ? 'm0: &m0 {vars: {x: 1}}'
        : `m${index}: &m${index} {<<: [${`*m${index - 1},`.repeat(30)}]}`,
    )
    writeFileSync(join(cwd, 'merges.yml'), `${levels.join('\n')}\nall: {hosts: {web01: }, <<: *m7}\n`)
    const { hosts } = await loadInventory(['merges.yml'], { cwd })
    expect(hosts.get('web01')?.vars).toMatchObject({ x: 1 })
  })

  test('hundreds of thousands of mappings in one `<<`', async () => {
    writeFileSync(join(cwd, 'long.yml'), `a: &a {vars: {x: 1}}\nb: {<<: [${'*a,'.repeat(200_000)}]}`)
    expect([...(await loadInventory(['long.yml'], { cwd })).groups.keys()]).toContain('b')
  })
})

describe('INI', () => {
  test('a name without end', async () => {
    expect(await refusal('hosts', 'h[1:9]'.repeat(megabytes))).toEqual([
      'hosts:1:1: a host name has more than 1000 characters; write one host a line',
    ])
  })

  test('groups within groups', async () => {
    const chain = Array.from({ length: 5000 }, (_group, index) => `[g${index}:children]\ng${index + 1}\n`)
    expect(await refusal('hosts', `${chain.join('')}[g5000]\nh\n`)).toEqual([
      'hosts:400:1: groups are nested more than 200 deep; flatten them',
    ])
  })

  test('a hundred thousand mistakes are told of in two hundred lines', async () => {
    const children = Array.from({ length: 100_000 }, (_group, index) => `group${index}\n`)
    const problems = await refusal('hosts', `[all:children]\n${children.join('')}`)
    expect(problems).toHaveLength(201)
    expect(problems.at(-1)).toBe('hosts: 99800 more problems; mend the others first')
  })
})
