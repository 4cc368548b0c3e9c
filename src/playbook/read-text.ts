import { open } from 'node:fs/promises'
import { InputError } from '../problem.ts'
import { placeFinder } from './place-finder.ts'

/** Bytes. A playbook of thousands of plays has a tenth of this. */
const largestFileBytes = 1024 * 1024

/**
 * The text of a file that a person wrote: UTF-8, at most 1 MiB, without control characters.
 * A byte order mark is dropped. Reads no more than the limit, whatever the file is (a device, a pipe).
 * Throws InputError.
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path)
  if (bytes.length > largestFileBytes)
    throw refused(path, 'larger than 1 MiB, which is not read', 'split it into several files')
  return decodeText(bytes, path)
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r')
    const buffer = new Uint8Array(largestFileBytes + 1)
    let filled = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled)
      filled += bytesRead
      if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled)
    }
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException)
  }
}

const unreadableFiles = new Map<string, readonly [what: string, remedy: string]>([
  ['ENOENT', ['there is no such file', 'check the path']],
  ['ENOTDIR', ['there is no such file', 'check the path']],
  ['EISDIR', ['this is a folder, not a file', 'name one of the files in it']],
  ['EACCES', ['may not be read by this user', 'check the permissions of the file and its folders']],
  ['EPERM', ['may not be read by this user', 'check the permissions of the file and its folders']],
])

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): InputError {
  const [what, remedy] = unreadableFiles.get(code ?? '') ?? [`cannot be read (${message})`, 'check the file']
  return refused(path, what, remedy)
}

/** Turns bytes into text; `file` is for the problems. Throws InputError. */
export function decodeText(bytes: Uint8Array, file: string): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isUtf16) throw refused(file, 'this is UTF-16 text', 'save it as UTF-8')
  if (bytes.includes(0)) throw refused(file, 'this is a binary file (it holds NUL bytes)', 'name a YAML file')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const lossy = new TextDecoder('utf-8').decode(bytes)
    const place = placeFinder(lossy, file)(lossy.indexOf('\u{fffd}'))
    throw new InputError([
      { ...place, what: 'this is not valid UTF-8 text', remedy: 'save the file as UTF-8' },
    ])
  }
  const control = text.search(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\r(?!\n)/)
  if (control === -1) return text
  const code = text.charCodeAt(control).toString(16).padStart(2, '0')
  const what =
    code === '0d'
      ? 'a carriage return without a line feed'
      : `control character 0x${code}, which YAML does not allow`
  throw new InputError([
    {
      ...placeFinder(text, file)(control),
      what,
      remedy: code === '0d' ? 'end the lines with a line feed' : 'remove it',
    },
  ])
}

function refused(file: string, what: string, remedy: string): InputError {
  return new InputError([{ file, what, remedy }])
}
