import { execFile, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { conditions } from '../../src/lab/conditions.ts'
import { runResultSchema } from '../../src/report/result-schema.ts'
import { freshLab, labFolder } from '../embedded/lab/fresh-lab.ts'

const root = new URL('../..', import.meta.url).pathname

function run(
  program: string,
  words: readonly string[],
  cwd: string,
): { status: number | null; said: string } {
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, env, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

let packed: string

beforeAll(() => {
  const [{ filename, files }] = JSON.parse(
    spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--dry-run'], { cwd: root, encoding: 'utf8' })
      .stdout,
  ) as [{ filename: string; files: { path: string }[] }]
  expect(filename).toMatch(/^conntrackctl-/)
  packed = JSON.stringify(files.map(({ path }) => path))
})

/** A project that has what `npm pack` takes, and of ours only the dependencies. */
function project(): string {
  const folder = labFolder()
  const modules = join(folder, 'node_modules')
  for (const path of JSON.parse(packed) as string[]) {
    const to = join(modules, 'conntrackctl', path)
    mkdirSync(join(to, '..'), { recursive: true })
    copyFileSync(join(root, path), to)
  }
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  return folder
}

test('the example of the documentation compiles against the package, and runs', async () => {
  const folder = project()
  const page = readFileSync(join(root, 'docs/library.md'), 'utf8')
  const [example = '', ofPlans = ''] = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
  writeFileSync(join(folder, 'example.ts'), example)
  writeFileSync(join(folder, 'plans.ts'), ofPlans)
  const options = [
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
    'false',
  ]
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  // A wrong name is found, and nothing else is.
  writeFileSync(join(folder, 'wrong.ts'), example.replace('playbook:', 'playbok:'))
  const compiled = run(process.execPath, [tsc, ...options, 'example.ts', 'plans.ts', 'wrong.ts'], folder)
  expect(compiled.status).not.toBe(0)
  expect(compiled.said).toMatch(/^wrong\.ts\(\d+,\d+\): error .*playbok/)
  expect(compiled.said.match(/^\S+: error /gm)).toHaveLength(1)

  const lab = await freshLab({ conditions: conditions.filter(({ name }) => ['web', 'edge'].includes(name)) })
  copyFileSync(lab.inventoryFile, join(folder, 'hosts.yml'))
  copyFileSync(join(root, 'playbooks/relieve-now.yml'), join(folder, 'relieve.yml'))
  const env = { PATH: process.env['PATH'] ?? '' }
  const node = (file: string): Promise<{ status: number | null; said: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [file], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
      )
    })
  const child = await node('example.js')
  expect(child.said).toContain('web01 changed\n')
  expect(child.said).toContain('"changed":3')
  expect(child.status).toBe(0)
  const runs = readdirSync(join(folder, 'records/runs')).toSorted()
  expect(runs).toHaveLength(2)
  const recorded = join(folder, 'records/runs', runs.at(-1) ?? '', 'result.json')
  expect(existsSync(recorded)).toBe(true)
  const result = runResultSchema.parse(JSON.parse(readFileSync(recorded, 'utf8')))
  expect(result.hosts.map(({ host, status }) => `${host} ${status}`)).toEqual([
    'web01 changed',
    'web02 changed',
    'web03 changed',
  ])

  // The hosts of `web` are as wished by now; what is left is done by a plan.
  expect(await node('plans.js')).toEqual({ status: 0, said: expect.stringMatching(/^edge\S* \S+ .* -> /m) })
  const all = readdirSync(join(folder, 'records/runs')).toSorted()
  const last = JSON.parse(readFileSync(join(folder, 'records/runs', all.at(-1) ?? '', 'result.json'), 'utf8'))
  expect(last).toMatchObject({ command: 'apply', playbook: 'tonight.json', totals: { ok: 3, changed: 1 } })
})
