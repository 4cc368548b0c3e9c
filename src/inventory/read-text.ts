import { open } from 'node:fs/promises'
import { TextDecoder } from 'node:util'
import type { Problem } from '../problem.ts'

/** Bytes. An inventory of 100,000 hosts has a tenth of that; what is longer is some other file. */
const maxBytes = 16 * 1024 * 1024

/** A text file as read. */
export interface FileText {
  readonly text: string
  /** 1-based numbers of the lines that are not UTF-8; only a comment may be so. */
  readonly strangeLines: readonly number[]
}

export type ReadText =
  | { readonly ok: true; readonly file: FileText }
  | { readonly ok: false; readonly problem: Problem }

/**
 * Reads the text file at `path`, which problems call `shown`. Files that are too long, binary or
 * unreadable come back as a problem; pipes (`<(command)`) are read like files. Never throws.
 */
export async function readText(path: string, shown: string): Promise<ReadText> {
  const refuse = (what: string, remedy: string): ReadText => ({
    ok: false,
    problem: { file: shown, what, remedy },
  })
  let bytes: Buffer
  try {
    bytes = await readAtMost(path, maxBytes + 1)
  } catch (error) {
    return refuse(...explain(error))
  }
  if (bytes.length > maxBytes)
    return refuse(`the file is longer than ${maxBytes / 1024 / 1024} MB`, 'give an inventory or a vars file')
  if (bytes.includes(0)) return refuse('the file is binary, not text', 'correct the path, or save it as text')
  return { ok: true, file: decode(bytes) }
}

/** What a failed look at the file system means, and what to do: fact and remedy. */
export function explain(error: unknown): [what: string, remedy: string] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['there is no such file or folder', 'correct the path']
    case 'EACCES':
    case 'EPERM':
      return ['the file may not be read by this user', 'allow it with chmod, or run as its owner']
    case 'ELOOP':
      return ['the symbolic links go round in a circle', 'correct the link']
    default:
      return [`the file cannot be read (${code})`, 'correct the path or the file']
  }
}

async function readAtMost(path: string, limit: number): Promise<Buffer> {
  await using file = await open(path, 'r')
  const chunks: Buffer[] = []
  let length = 0
  while (length < limit) {
    const chunk = Buffer.alloc(Math.min(65_536, limit - length))
    const { bytesRead } = await file.read(chunk)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    length += bytesRead
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer): FileText {
  const strict = new TextDecoder('utf-8', { fatal: true })
  try {
    return { text: strict.decode(bytes), strangeLines: [] }
  } catch {
    const text = new TextDecoder().decode(bytes)
    return { text, strangeLines: linesThatFail(bytes, strict) }
  }
}

function linesThatFail(bytes: Buffer, strict: TextDecoder): number[] {
  const failing: number[] = []
  for (let start = 0, line = 1; start < bytes.length; line += 1) {
    const found = bytes.indexOf(0x0a, start)
    const end = found === -1 ? bytes.length : found
    try {
      strict.decode(bytes.subarray(start, end))
    } catch {
      failing.push(line)
    }
    start = end + 1
  }
  return failing
}
