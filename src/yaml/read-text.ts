import { open } from 'node:fs/promises'
import type { Problem } from '../problem.ts'
import { fileFault } from './file-fault.ts'

/** A text file as read, without its byte order mark. */
export interface FileText {
  readonly text: string
  /** 1-based numbers of the lines that are not UTF-8; their strange bytes are U+FFFD in `text`. */
  readonly strangeLines: readonly number[]
}

export type ReadText =
  | { readonly ok: true; readonly file: FileText }
  | { readonly ok: false; readonly problem: Problem }

/** How much of a file is read at most, and what to do about a longer one. */
export interface TextLimit {
  readonly mebibytes: number
  readonly remedy: string
}

/**
 * Reads the text file at `path`, which problems call `shown`. Files that are too long, binary or
 * unreadable come back as a problem; pipes (`<(command)`) are read like files, and nothing is read
 * beyond the limit, whatever it is. Never throws.
 */
export async function readText(path: string, shown: string, limit: TextLimit): Promise<ReadText> {
  const mostBytes = limit.mebibytes * 1024 * 1024
  let bytes: Uint8Array
  try {
    bytes = await readBytes(path, mostBytes + 1)
  } catch (error) {
    return refuse(shown, ...fileFault(error))
  }
  if (bytes.length > mostBytes)
    return refuse(shown, `larger than ${limit.mebibytes} MiB, which is not read`, limit.remedy)
  return decodeText(bytes, shown)
}

/** Turns bytes into text; `shown` is for the problem. Never throws. */
export function decodeText(bytes: Uint8Array, shown: string): ReadText {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (isUtf16) return refuse(shown, 'this is UTF-16 text', 'save it as UTF-8')
  if (bytes.includes(0))
    return refuse(shown, 'this is a binary file (it holds NUL bytes)', 'correct the path, or save it as text')
  const strict = new TextDecoder('utf-8', { fatal: true })
  try {
    return { ok: true, file: { text: strict.decode(bytes), strangeLines: [] } }
  } catch {
    const text = new TextDecoder().decode(bytes)
    return { ok: true, file: { text, strangeLines: linesThatFail(bytes, strict) } }
  }
}

/** The first bytes of a file or pipe, `limit` at most. Throws what the file system says. */
export async function readBytes(path: string, limit: number): Promise<Uint8Array> {
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

function linesThatFail(bytes: Uint8Array, strict: InstanceType<typeof TextDecoder>): number[] {
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

function refuse(file: string, what: string, remedy: string): ReadText {
  return { ok: false, problem: { file, what, remedy } }
}
