import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the oracle says of one inventory. */
export interface InventoryAnswer {
  readonly error?: string
  readonly list?: string
  readonly hosts?: Readonly<Record<string, { readonly names?: readonly string[]; readonly error?: string }>>
}

/** Runs one of Ansible's programs without any configuration of this machine; fails when it is not installed. */
export async function runAnsible(program: string, words: readonly string[], cwd: string): Promise<string> {
  return run('/usr/bin/python3', [`/usr/bin/${program}`, ...words], cwd, '')
}

/** Asks Ansible's own code; the answers stand in the order of the questions. */
export async function askAnsible<Answer>(
  questions: readonly unknown[],
  cwd: string,
): Promise<readonly Answer[]> {
  const oracle = new URL('ansible-oracle.py', import.meta.url).pathname
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('')
  const output = await run('/usr/bin/python3', [oracle], cwd, input)
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
}

async function run(file: string, words: readonly string[], cwd: string, input: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'ansible-home-'))
  const config = join(home, 'none.cfg')
  writeFileSync(config, '')
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_CONFIG: config,
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: '1',
  }
  try {
    return await new Promise((resolve, reject) => {
      const child = execFile(file, words, { cwd, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${file} ${words.join(' ')}: ${stderr}`, { cause: error }))
      })
      child.stdin?.end(input)
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
