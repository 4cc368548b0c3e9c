import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inventoryCommand, type InventoryOptions } from '../../src/commands/inventory.ts'
import type { Inventory } from '../../src/inventory/inventory.ts'
import { listInventory } from '../../src/inventory/listing.ts'
import { loadInventory } from '../../src/inventory/load-inventory.ts'
import { pythonJson } from '../../src/inventory/python-json.ts'
import { selectHosts } from '../../src/inventory/select-hosts.ts'
import { InputError } from '../../src/problem.ts'
import { askAnsible, runAnsible, type InventoryAnswer } from './ask-ansible.ts'
import { generatedInventory, generatedPattern } from './generated-inventory.ts'

/** An inventory that Ansible and we are to read alike. */
interface Case {
  readonly name: string
  readonly cwd: string
  readonly sources: readonly string[]
  readonly playbookFolder: string
  /** More words for both programs, as `--vault-password-file pass`. */
  readonly options: readonly string[]
}

const folder = new URL('inventory-parity/', import.meta.url).pathname
const cases = readdirSync(folder).sort().map(readCase)

/** A file is an inventory; a folder says in `sources` what to read, a line each. */
function readCase(name: string): Case {
  const path = join(folder, name)
  if (!statSync(path).isDirectory())
    return { name, cwd: folder, sources: [name], playbookFolder: '.', options: [] }
  const lines = readFileSync(join(path, 'sources'), 'utf8').trimEnd().split('\n')
  const playbook = join(path, 'playbook-folder')
  const playbookFolder = existsSync(playbook) ? readFileSync(playbook, 'utf8').trim() : '.'
  const file = join(path, 'options')
  const options = existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\s+/) : []
  return { name, cwd: path, sources: lines, playbookFolder, options }
}

function sourceWords({ sources, options }: Case): readonly string[] {
  return [...sources.flatMap((source) => ['-i', source]), ...options]
}

/** The values of an option, as commander would give them. */
function valuesOf(option: string, { options }: Case): readonly string[] {
  return options.flatMap((word, index) => (options[index - 1] === option ? [word] : []))
}

async function print(options: Omit<InventoryOptions, 'sources'>, subject: Case): Promise<string> {
  const { sources, cwd, playbookFolder } = subject
  let printed = ''
  const stdout = {
    write: (text: string) => {
      printed += text
    },
  }
  const context = {
    cwd,
    home: '/nonexistent',
    env: { PATH: process.env['PATH'] },
    stopping: new AbortController().signal,
    stdout,
    stderr: { write: () => {} },
  }
  const status = await inventoryCommand(
    {
      ...options,
      sources,
      playbookFolder,
      extraVars: valuesOf('-e', subject),
      vaultId: valuesOf('--vault-id', subject),
      vaultPasswordFile: valuesOf('--vault-password-file', subject),
    },
    context,
  )
  expect(status).toBe(0)
  return printed
}

test('there are enough inventories', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60)
})

describe('inventory --list says what ansible-inventory --list says', () => {
  test.each(cases)('$name', async (subject) => {
    const words = [...sourceWords(subject), '--playbook-dir', subject.playbookFolder, '--list']
    const theirs = await runAnsible('ansible-inventory', words, subject.cwd)
    const ours = await print({ list: true }, subject)
    expect(JSON.parse(ours)).toEqual(JSON.parse(theirs))
  })
})

describe('the text is the same, byte for byte', () => {
  const subject = readCase('vars-beside-inventory')
  const words = sourceWords(subject)

  test.each([
    ['--list', { list: true }],
    ['--graph', { graph: true }],
    ['--host web01', { host: 'web01' }],
  ])('inventory %s', async (written, options) => {
    const theirs = await runAnsible('ansible-inventory', [...words, ...written.split(' ')], subject.cwd)
    expect(await print(options, subject)).toBe(theirs.replaceAll(/(\d)\.0(?=,?\n)/g, '$1'))
  })

  test.each(['all', 'web', 'site:!web01', '*01', 'web[1]', 'web:&db'])(
    'inventory --hosts %s',
    async (pattern) => {
      const theirs = await runAnsible('ansible', [...words, pattern, '--list-hosts'], subject.cwd)
      expect(await print({ hosts: pattern }, subject)).toBe(theirs)
    },
  )
})

describe('generated inventories and patterns', () => {
  let cwd = ''
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'inventory-parity-'))
  })
  afterAll(() => {
    rmSync(cwd, { recursive: true, force: true })
  })

  test('200 inventories, eight patterns each', async () => {
    const samples = fc.sample(
      fc.record({
        inventory: generatedInventory,
        patterns: fc.array(generatedPattern, { minLength: 8, maxLength: 8 }),
      }),
      { numRuns: 200, seed: 20_240_229 },
    )
    const questions = samples.map(({ inventory, patterns }, index) => {
      for (const [path, text] of Object.entries(inventory.files)) {
        const file = join(cwd, String(index), path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
      const at = join(cwd, String(index))
      return {
        folder: join(at, 'play'),
        sources: inventory.sources.map((source) => join(at, source)),
        patterns,
      }
    })
    const answers = await askAnsible<InventoryAnswer>(questions, cwd)
    let selected = 0
    for (const [index, { sources, patterns, folder: playbookFolder }] of questions.entries()) {
      const answer = answers[index] ?? {}
      expect(answer.error, sources.join(' ')).toBeUndefined()
      const inventory = await loadInventory(sources, { cwd, playbookFolder })
      expect(JSON.parse(pythonJson(listInventory(inventory))), sources.join(' ')).toEqual(
        JSON.parse(answer.list ?? ''),
      )
      for (const pattern of patterns) {
        const theirs = answer.hosts?.[pattern]
        const where = `${pattern} in ${sources.join(' ')}`
        expect(select(inventory, pattern), where).toEqual(
          theirs?.error === undefined ? theirs?.names : 'refused',
        )
        if ((theirs?.names ?? []).length > 0) selected += 1
      }
    }
    // Else the generator makes patterns that say nothing.
    expect(selected).toBeGreaterThan(400)
  })
})

function select(inventory: Inventory, pattern: string): readonly string[] | 'refused' {
  try {
    return selectHosts(inventory, pattern, { file: 'test' }).map(({ name }) => name)
  } catch (error) {
    if (error instanceof InputError) return 'refused'
    throw error
  }
}
