import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Problem } from '../problem.ts'
import { readText } from '../yaml/read-text.ts'
import type { SourcePlace } from './statement.ts'

/** What is taken of an `ansible.cfg` and of the variables that beat it; absent where neither says anything. */
interface AnsibleConfig {
  /** Absolute. */
  readonly inventory?: readonly string[]
  readonly user?: string
  /** Absolute. */
  readonly keyFile?: string
  readonly hostKeyChecking?: boolean
  readonly forks?: number
  readonly timeoutSeconds?: number
  /** Absolute. */
  readonly vaultPasswordFile?: string
}

/** The configuration, what is wrong with it, and what the user should know of it. */
export interface ReadAnsibleConfig {
  readonly config: AnsibleConfig
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

interface Place {
  /** Absolute. */
  readonly cwd: string
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A value, where it stands, and the folder that its relative paths begin at. */
interface Setting {
  readonly text: string
  readonly at: SourcePlace
  readonly folder: string
}

const names: ReadonlyMap<string, string> = new Map([
  ['inventory', 'ANSIBLE_INVENTORY'],
  ['remote_user', 'ANSIBLE_REMOTE_USER'],
  ['private_key_file', 'ANSIBLE_PRIVATE_KEY_FILE'],
  ['host_key_checking', 'ANSIBLE_HOST_KEY_CHECKING'],
  ['forks', 'ANSIBLE_FORKS'],
  ['timeout', 'ANSIBLE_TIMEOUT'],
  ['vault_password_file', 'ANSIBLE_VAULT_PASSWORD_FILE'],
])

/**
 * Reads the `ansible.cfg` that Ansible would (`ANSIBLE_CONFIG`, the working folder unless all may write to it,
 * `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`; the first one counts alone) and the `ANSIBLE_…` variables. Never throws.
 */
export async function readAnsibleConfig(place: Place): Promise<ReadAnsibleConfig> {
  const problems: Problem[] = []
  const warnings: string[] = []
  const file = await findConfig(place, warnings)
  const settings = new Map<string, Setting>()
  if (file !== null) {
    const read = await readText(file, file, { mebibytes: 1, remedy: 'correct ANSIBLE_CONFIG' })
    if (read.ok)
      for (const [name, setting] of parseDefaults(read.file.text, file)) settings.set(name, setting)
    else problems.push(read.problem)
  }
  for (const [name, variable] of names) {
    const text = place.env[variable]
    if (text !== undefined && text !== '')
      settings.set(name, { text, at: { file: variable }, folder: place.cwd })
  }
  return { config: toConfig(settings, place, problems), problems, warnings }
}

async function findConfig({ cwd, home, env }: Place, warnings: string[]): Promise<string | null> {
  const named = env['ANSIBLE_CONFIG']
  if (named !== undefined && named !== '') {
    const path = resolve(cwd, named.replace(/^~(?=\/|$)/, home))
    const found = (await isFolder(path)) ? join(path, 'ansible.cfg') : path
    if (await isFile(found)) return found
  }
  const here = join(cwd, 'ansible.cfg')
  if (await isFile(here)) {
    if (!(await mayAnybodyWrite(cwd))) return here
    warnings.push(`${here} is not read, since all users of this machine may write to its folder`)
  }
  for (const path of [join(home, '.ansible.cfg'), '/etc/ansible/ansible.cfg'])
    if (await isFile(path)) return path
  return null
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function mayAnybodyWrite(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o002) !== 0
}

/** The values of `[defaults]` as Python's configparser reads them; indented lines continue a value. */
function parseDefaults(text: string, file: string): ReadonlyMap<string, Setting> {
  const found = new Map<string, Setting>()
  let section = ''
  let last: string | null = null
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const code = line.replace(/(?:^|\s);.*$/, '').trimEnd()
    if (/^\s*(?:#|$)/.test(code)) continue
    const header = /^\[([^\]]+)\]/.exec(code)
    const pair = /^([^\s:=][^:=]*?)\s*[:=]\s*(.*)$/.exec(code)
    const known = last === null ? undefined : found.get(last)
    if (header !== null) [section, last] = [header[1] ?? '', null]
    else if (/^\s/.test(code) && last !== null && known !== undefined)
      found.set(last, { ...known, text: `${known.text}\n${code.trim()}` })
    else if (pair !== null && section === 'defaults') {
      last = (pair[1] ?? '').toLowerCase()
      found.set(last, {
        text: pair[2] ?? '',
        at: { file, line: index + 1, column: 1 },
        folder: dirname(file),
      })
    } else last = null
  }
  return found
}

function toConfig(settings: ReadonlyMap<string, Setting>, place: Place, problems: Problem[]): AnsibleConfig {
  const textOf = (name: string): Setting | undefined => {
    const setting = settings.get(name)
    return setting === undefined || setting.text.trim() === '' ? undefined : setting
  }
  const refuse = (name: string, { text, at }: Setting, expected: string): undefined => {
    problems.push({
      ...at,
      what: `${name} is ${JSON.stringify(text)}, not ${expected}`,
      remedy: 'correct or remove it',
    })
  }
  const whole = (name: string, most: number): number | undefined => {
    const setting = textOf(name)
    if (setting === undefined) return undefined
    const number = /^\d{1,9}$/.test(setting.text.trim()) ? Number(setting.text) : 0
    return number >= 1 && number <= most ? number : refuse(name, setting, `a whole number from 1 to ${most}`)
  }
  const truth = (name: string): boolean | undefined => {
    const setting = textOf(name)
    if (setting === undefined) return undefined
    const word = setting.text.trim().toLowerCase()
    if (['y', 'yes', 'on', '1', 'true', 't'].includes(word)) return true
    return ['n', 'no', 'off', '0', 'false', 'f'].includes(word) ? false : refuse(name, setting, 'yes or no')
  }
  const path = (name: string): string | undefined => {
    const setting = textOf(name)
    return setting === undefined ? undefined : toPath(setting.text.trim(), setting.folder, place)
  }
  const inventory = textOf('inventory')
  return withoutAbsent({
    inventory: inventory?.text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part) => toPath(part, inventory.folder, place)),
    user: textOf('remote_user')?.text.trim(),
    keyFile: path('private_key_file'),
    hostKeyChecking: truth('host_key_checking'),
    forks: whole('forks', 5000),
    timeoutSeconds: whole('timeout', 3600),
    vaultPasswordFile: path('vault_password_file'),
  })
}

function toPath(written: string, folder: string, { cwd, home, env }: Place): string {
  const filled = written
    .replace(/^\{\{\s*CWD\s*\}\}/, cwd)
    .replace(/^~(?=\/|$)/, home)
    .replaceAll(
      /\$(?:(\w+)|\{(\w+)\})/g,
      (all, plain?: string, braced?: string) => env[plain ?? braced ?? ''] ?? all,
    )
  return resolve(folder, filled)
}

function withoutAbsent(config: {
  readonly [Key in keyof AnsibleConfig]: AnsibleConfig[Key] | undefined
}): AnsibleConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
