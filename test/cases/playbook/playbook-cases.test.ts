import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Host } from '../../../src/inventory/inventory.ts'
import { parsePlaybook } from '../../../src/playbook/load-playbook.ts'
import { decodePlaybook } from '../../../src/playbook/playbook-text.ts'
import { resolvePlaybook } from '../../../src/playbook/resolve-playbook.ts'
import { formatProblem, InputError } from '../../../src/problem.ts'

// Each folder holds a broken playbook and what is to be said of it. Where a `hosts.json` stands beside
// them, {host: variables}, the playbook itself is sound and does not fit these hosts.
const folder = fileURLToPath(new URL('.', import.meta.url))
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

function problemsOf(name: string): string {
  try {
    const bytes = readFileSync(`${folder}${name}/playbook.yml`)
    const playbook = parsePlaybook(decodePlaybook(bytes, 'playbook.yml'), 'playbook.yml')
    const hosts = hostsIn(`${folder}${name}/hosts.json`)
    if (hosts.length > 0) resolvePlaybook(playbook, () => hosts, {})
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return error.problems.map((problem) => `${formatProblem(problem)}\n`).join('')
  }
  return 'no problem\n'
}

function hostsIn(file: string): readonly Host[] {
  if (!existsSync(file)) return []
  const variables = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>
  return Object.entries(variables).map(([name, vars]) => ({ name, groups: [], vars }))
}

describe('broken playbooks', () => {
  test('there are at least 25 of them', () => expect(cases.length).toBeGreaterThanOrEqual(25))

  test.each(cases.map(({ name }) => name))('%s', (name) => {
    const problems = problemsOf(name)
    expect(problems).toBe(readFileSync(`${folder}${name}/expected.txt`, 'utf8'))
    expect(problems).not.toBe('no problem\n')
  })
})
