import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import type { Context } from '../../src/commands/context.ts'
import { examples as helpExamples } from '../../src/commands/examples.ts'
import { createProgram } from '../../src/commands/program.ts'
import { exitCodes } from '../../src/exit-codes.ts'
import { limitHosts, readLimit } from '../../src/inventory/limit.ts'
import { loadInventory } from '../../src/inventory/load-inventory.ts'
import { selectHosts } from '../../src/inventory/select-hosts.ts'
import { splitShellWords } from '../../src/inventory/shell-words.ts'
import { conditions } from '../../src/lab/conditions.ts'
import { guards } from '../../src/plan/rule.ts'
import { loadPlaybook } from '../../src/playbook/load-playbook.ts'
import { statuses } from '../../src/report/host-result.ts'
import { failureKinds } from '../../src/ssh/failure.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesIn('docs', '.md')]
const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
  'scripts' | 'dependencies' | 'devDependencies',
  Record<string, string>
>

/** What stands in the first column of the tables of a page, or of one section of it. */
function firstCells(page: string, heading?: string): readonly string[] {
  const text = read(page)
  const section = heading === undefined ? text : (text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
  return [...section.matchAll(/^\| (.+?) \|/gm)].map(([, cell = '']) => cell)
}

function codes(cells: readonly string[]): readonly string[] {
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
}

/** The fenced blocks of a language on all pages, each with its page. */
function blocks(language: string): readonly { readonly page: string; readonly text: string }[] {
  return pages.flatMap((page) =>
    [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
      .filter(([, found]) => found === language)
      .map(([, , text = '']) => ({ page, text })),
  )
}

test('the manifest for Kubernetes is one, and its command is understood', async () => {
  const job = parseYaml(read('docs/kubernetes/cronjob.yaml')) as {
    readonly spec: {
      readonly jobTemplate: {
        readonly spec: {
          readonly completions: number
          readonly template: {
            readonly spec: { readonly containers: readonly [{ readonly args: [string] }] }
          }
        }
      }
    }
  }
  const { completions, template } = job.spec.jobTemplate.spec
  const [command] = template.spec.containers[0].args
  const line = command.replace('$((JOB_COMPLETION_INDEX + 1))', '1').replace(/^exec /, '')
  const { name, options } = await parse(line)
  expect(name).toBe('apply')
  expect(options).toMatchObject({ shard: { number: 1, of: completions } })
})

test('the manifest of runners is one, and its command is understood', async () => {
  const deployment = parseYaml(read('docs/kubernetes/runners.yaml')) as {
    readonly spec: {
      readonly template: {
        readonly spec: { readonly containers: readonly [{ readonly args: [string] }] }
      }
    }
  }
  const [command] = deployment.spec.template.spec.containers[0].args
  const { name, options } = await parse(command.replace(/^exec /, ''))
  expect(name).toBe('worker')
  expect(options).toMatchObject({ zone: 'eu-west', queueCa: '/queue/ca.crt', become: true })
})

describe('what is generated', () => {
  test('is what the program says today', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    // It runs the lab, which takes its time on a busy machine.
  }, 120_000)

  test('the README counts the hosts of the demo', () => {
    const count = conditions.reduce((sum, { hosts = 1 }) => sum + hosts, 0)
    expect(read('README.md')).toContain(` ${count} embedded SSH hosts`)
  })

  test('the picture is small', () => expect(statSync('docs/demo.svg').size).toBeLessThan(60_000))
})

describe('every word that a program may meet has its line', () => {
  test('kinds of failure', () => {
    // These two have no place on the wire: a guard refuses, or the program has a fault.
    const kinds = [...failureKinds, 'refused_by_guard', 'internal']
    expect(codes(firstCells('docs/errors.md', 'Failures')).toSorted()).toEqual(kinds.toSorted())
  })

  test('codes of others who write', () => {
    const folder = new URL('../../src/kernel/boot/writers/', import.meta.url)
    const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
    const found = sources.flatMap((text) =>
      [...text.matchAll(/code: '([a-z0-9-]+)'/g)].map(([, code]) => code),
    )
    const listed = codes(firstCells('docs/errors.md', 'Others who write'))
    expect(new Set(listed)).toEqual(new Set([...found, 'k3s-writes', 'rke2-writes']))
    expect(listed).toHaveLength(new Set(listed).size)
  })

  test('codes of findings', () => {
    const sources = ['plan', 'fleet', 'usage', 'diagnose']
      .flatMap((folder) => filesIn(`src/${folder}`, '.ts'))
      .map(read)
      .join('\n')
    const used = [...sources.matchAll(/\bcode: ([^\n,]*'[^\n,]*)/g)].flatMap(([, value = '']) =>
      [...value.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code),
    )
    expect(used.length).toBeGreaterThan(10)
    const listed = codes(firstCells('docs/errors.md', 'Findings'))
    expect(new Set(listed).size).toBe(listed.length)
    // A symptom that has ended has a code of its own, made of the symptom's.
    expect(new Set(listed.map((code) => code.replace(/^no-more-/, '')))).toEqual(new Set(used))
  })

  test('guards', () => {
    expect(codes(firstCells('docs/safety.md', 'Guards'))).toEqual(Object.keys(guards))
  })

  test('statuses of hosts', () => {
    expect(codes(firstCells('docs/output.md', 'Status of a host')).toSorted()).toEqual(statuses.toSorted())
  })

  test.each(['README.md', 'docs/command-line.md'])('exit statuses, in %s', (page) => {
    const listed = firstCells(page, 'Exit status').filter((cell) => /^\d+$/.test(cell))
    expect(listed).toEqual(Object.values(exitCodes).map(({ code }) => String(code)))
  })

  test('options, in the reference and in --help alike', () => {
    const listed = codes(firstCells('docs/command-line.md'))
    for (const command of createProgram(stub as Context, () => {}).commands)
      for (const { flags, hidden } of command.options)
        if (!hidden) expect(listed, command.name()).toContain(flags)
  })

  test('variables of the environment', () => {
    const files = ['src/cli.ts', ...filesIn('src/commands', '.ts'), ...filesIn('src/record', '.ts')]
    const sources = files.map(read).join('\n')
    const used = [
      ...sources.matchAll(
        /\benv\['(\w+)'\]|variable: '(CONNTRACKCTL_\w+)'|\b((?:CONNTRACKCTL|XDG)_\w+): \w+ ?[,}]/g,
      ),
    ]
    const names = new Set(used.map(([, ...forms]) => forms.find((form) => form !== undefined)))
    expect(new Set(codes(firstCells('docs/command-line.md', 'Environment')))).toEqual(names)
  })

  test('variables of the inventory', () => {
    const sources = ['target', 'become-settings', 'group-tree']
      .map((name) => read(`src/inventory/${name}.ts`))
      .join('\n')
    const used = [...sources.matchAll(/'(ansible_\w+)'/g)].map(([, name = '']) => name)
    expect(used.length).toBeGreaterThan(15)
    const listed = codes(firstCells('docs/inventory.md', 'Variables'))
    expect(new Set(listed)).toEqual(new Set(used))
  })

  test('options of ssh', () => {
    const source = read('src/inventory/ssh-settings.ts')
    const used = [...source.matchAll(/\b(?:said|truth)\('([a-z0-9]+)'/g)].map(([, name = '']) => name)
    expect(used.length).toBeGreaterThan(10)
    const section =
      read('docs/inventory.md').split('## ssh_config and options of ssh')[1]?.split('\n## ')[0] ?? ''
    const listed = new Set([...section.matchAll(/`(\w+)[^`]*`/g)].map(([, name = '']) => name.toLowerCase()))
    expect(used.filter((name) => !listed.has(name) && name !== 'kbdinteractiveauthentication')).toEqual([])
  })

  test('dependencies, in the table and nowhere else', () => {
    const listed = codes(firstCells('CONTRIBUTING.md', 'Dependencies'))
    expect(listed.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).toSorted())
  })
})

describe('links and paths', () => {
  test.each(pages)('%s', (page) => {
    const text = read(page)
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target))
    // Paths in running text are from the root; those with an ellipsis or a blank name no single file.
    const named = [
      ...text.matchAll(/`((?:src|test|scripts|docs|schema|playbooks|inventory|\.ci)\/[\w./-]*)`/g),
    ]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(path))
    expect({ broken, named }).toEqual({ broken: [], named: [] })
  })

  test('the README leads to every page', () => {
    const readme = read('README.md')
    expect(pages.filter((page) => page !== 'README.md' && !readme.includes(`](${page})`))).toEqual([])
  })

  test('scripts of npm that are named exist', () => {
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
    )
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(file)) return false
  return anchor === undefined || headings(file).includes(anchor)
}

/** As GitHub makes anchors of headings. */
function headings(page: string): readonly string[] {
  const text = read(page).replaceAll(/^```[\s\S]*?^```$/gm, '')
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

const stub: Partial<Context> = { version: '0', cwd: '/nonexistent', home: '/nonexistent', env: {} }

/** Everything that is quoted as a command of ours, with its page. */
const quoted = blocks('sh').flatMap(({ page, text }) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('conntrackctl '))
    .map((line) => ({ page, line: line.replace(/\s+#.*$/, '').replace(/ > \S+$/, '') })),
)

/** What commander makes of a command line, the command itself not called. Throws what it says of a wrong one. */
async function parse(
  line: string,
): Promise<{ name: string; options: Record<string, unknown>; words: string[] }> {
  const split = splitShellWords(line)
  if (!split.ok) throw new Error(split.what)
  const [, ...words] = split.words.map(({ text }) => text)
  const program = createProgram(stub as Context, () => {})
  let parsed: { name: string; options: Record<string, unknown> } | undefined
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
    command.action(() => {
      parsed = { name: command.name(), options: command.opts() }
    })
  }
  await program.exitOverride().parseAsync(words, { from: 'user' })
  if (parsed === undefined) throw new Error('no command was called')
  return { ...parsed, words }
}

describe('quoted commands', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'conntrackctl-docs-test-'))
    // The inventory that the README shows.
    writeFileSync(join(folder, 'hosts.ini'), blocks('ini')[0]?.text ?? '')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('there are some', () => expect(quoted.length).toBeGreaterThan(20))

  test.each(quoted)('$page: $line', async ({ line }) => {
    const { options, words } = await parse(line)
    const missing = words.filter((word) => /^(?:playbooks|inventory)\//.test(word) && !existsSync(word))
    expect(missing).toEqual([])

    const {
      inventory: sources,
      limit,
      hosts,
    } = options as Partial<Record<string, string>> & { inventory?: string[] }
    if (sources === undefined || sources.length === 0 || sources.includes('lab.yml')) return
    const cwd = sources.includes('hosts.ini') ? folder : process.cwd()
    const inventory = await loadInventory(sources, { cwd })
    const selected = selectHosts(inventory, hosts ?? 'all', { file: '--hosts' })
    const limited =
      limit === undefined ? selected : limitHosts(selected, inventory, await readLimit(limit, { cwd }))
    expect(limited.length).toBeGreaterThan(0)
  })

  test.each(['conntrackctl apply', 'conntrackctl plan x.yml --froks 3', 'conntrackctl runs one two'])(
    'a wrong one would be found: %s',
    async (line) => {
      await expect(parse(line)).rejects.toThrow()
    },
  )
})

describe('examples of --help', () => {
  const commands = createProgram(stub as Context, () => {}).commands.map((command) => command.name())

  test('each command has two to four', () => {
    expect(Object.keys(helpExamples).toSorted()).toEqual(commands.toSorted())
    for (const [name, list] of Object.entries(helpExamples)) {
      expect(list.length, name).toBeGreaterThanOrEqual(2)
      expect(list.length, name).toBeLessThanOrEqual(4)
    }
  })

  test.each(Object.entries(helpExamples))('%s: the program understands them', async (name, list) => {
    for (const { line } of list) {
      const { name: called, words } = await parse(line.replace(/ > \S+$/, ''))
      expect(called, line).toBe(name)
      expect(words.filter((word) => word.startsWith('playbooks/') && !existsSync(word))).toEqual([])
    }
  })
})

describe('examples', () => {
  const playbooks = blocks('yaml')
  test('there are some', () => expect(playbooks.length).toBeGreaterThan(3))

  test.each(playbooks)('a playbook of $page', async ({ text }) => {
    const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-docs-test-'))
    try {
      const file = join(folder, 'playbook.yml')
      writeFileSync(file, text)
      const { plays } = await loadPlaybook(file)
      expect(plays.length).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('the ready-made playbooks are all listed', () => {
    const page = read('docs/playbook.md')
    expect(filesIn('playbooks', '.yml').filter((file) => !page.includes(`](../${file})`))).toEqual([])
  })
})
