import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Problem } from '../problem.ts'
import { type ProgramSetting, runProgram } from '../programs/run-program.ts'
import { Secret } from '../ssh/secret.ts'
import { fileFault } from '../yaml/file-fault.ts'
import { decodeText, readBytes } from '../yaml/read-text.ts'

/** A file that holds a password, or a program that prints it. */
export interface PasswordFile {
  /** As given; `~` is the home folder. */
  readonly path: string
  /** `line`: a password that is typed at a prompt ends with its line. `text`: all of it counts, as for a vault. */
  readonly takes: 'line' | 'text'
  /** Name of a vault's password; a program called `*-client` gets it as `--vault-id`, as from Ansible. */
  readonly vaultId?: string
}

/** Where relative paths begin and what a program gets to see. */
export interface PasswordFilePlace {
  readonly cwd: string
  readonly home: string
  readonly env: ProgramSetting['env']
}

export type ReadPassword =
  | {
      readonly ok: true
      readonly secret: Secret
      /** Something the user should know, as a sentence; or null. */
      readonly warning: string | null
    }
  | { readonly ok: false; readonly problem: Problem }

/** Longer than anybody's password, short enough to show that this is some other file. */
const mostBytes = 65_536
/** A program may ask somebody: a keyring, a security key. */
const programSeconds = 120

/**
 * Reads a password as Ansible does: what the file prints if it may be executed, else what stands in it, without the
 * blanks around it. Never throws, and never says anything of what it read.
 */
export async function readPasswordFile(
  { path, takes, vaultId }: PasswordFile,
  { cwd, home, env }: PasswordFilePlace,
): Promise<ReadPassword> {
  const absolute = resolve(cwd, path.replace(/^~(?=\/|$)/, home))
  let mode: number
  let isPlain: boolean
  try {
    const found = await stat(absolute)
    mode = found.mode
    isPlain = found.isFile()
    if (found.isDirectory()) return refuse(path, 'this is a folder, not a password file', 'name a file in it')
  } catch (error) {
    return refuse(path, ...fileFault(error))
  }

  const isProgram = isPlain && (mode & 0o111) !== 0
  const read = isProgram
    ? await printed(absolute, path, vaultId, { cwd, env })
    : await written(absolute, path)
  if (!read.ok) return read
  const decoded = decodeText(read.bytes, path)
  if (!decoded.ok || decoded.file.strangeLines.length > 0)
    return refuse(path, 'the password is not UTF-8 text', 'correct the path, or save it as text')
  const whole = isProgram ? decoded.file.text.replaceAll(/^[\r\n]+|[\r\n]+$/g, '') : decoded.file.text.trim()
  const password = takes === 'line' ? (/^[^\r\n]*/.exec(whole)?.[0] ?? '') : whole
  if (password === '')
    return refuse(
      path,
      isProgram ? 'the program printed no password' : 'there is no password in it',
      isProgram ? 'let it print the password to stdout' : 'write the password in its first line',
    )
  const isOpen = isPlain && !isProgram && (mode & 0o044) !== 0
  const warning = isOpen ? `${path} may be read by other users of this machine: chmod 600 ${path}` : null
  return { ok: true, secret: new Secret(password), warning }
}

type Bytes = { readonly ok: true; readonly bytes: Uint8Array } | Extract<ReadPassword, { ok: false }>

async function written(absolute: string, path: string): Promise<Bytes> {
  try {
    const bytes = await readBytes(absolute, mostBytes + 1)
    if (bytes.length <= mostBytes) return { ok: true, bytes }
    return refuse(path, `larger than ${mostBytes} bytes, which is no password`, 'correct the path')
  } catch (error) {
    return refuse(path, ...fileFault(error))
  }
}

async function printed(
  absolute: string,
  path: string,
  vaultId: string | undefined,
  place: Pick<PasswordFilePlace, 'cwd' | 'env'>,
): Promise<Bytes> {
  const isClient = /-client(?:\.[^.]*)?$/.test(basename(path))
  const words = isClient && vaultId !== undefined ? ['--vault-id', vaultId] : []
  const limits = { seconds: programSeconds, outputBytes: mostBytes }
  const run = await runProgram(absolute, words, { ...place, limits, stdin: 'inherit' })
  if (run.ok) return { ok: true, bytes: run.stdout }
  const said = run.said === '' ? '' : `: ${run.said}`
  const remedy = 'mend it; a file that holds the password itself may not be executable (chmod 600)'
  return refuse(path, `the password program ${run.why}${said}`, remedy)
}

function refuse(file: string, what: string, remedy: string): Extract<ReadPassword, { ok: false }> {
  return { ok: false, problem: { file, what, remedy } }
}
