import { readdirSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'

/** Keywords that change nothing about how a host is reached and entered, Debian's own among them. */
const harmless: ReadonlySet<string> = new Set([
  'host',
  'sendenv',
  'hashknownhosts',
  'gssapiauthentication',
  'gssapidelegatecredentials',
  'forwardx11',
  'forwardx11trusted',
  'visualhostkey',
  'loglevel',
])

/**
 * Whether an ssh_config file, or one that it includes, says anything that matters. Most machines have files that say
 * nothing of the kind; asking `ssh -G` about each of a thousand hosts would cost seconds then. What cannot be read or
 * told matters: `ssh` shall decide.
 */
export function configMatters(file: string, depth = 0): boolean {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
  return text.split('\n').some((line) => {
    const [, keyword = '', rest = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)?(.*?)\s*$/.exec(line) ?? []
    if (keyword === '') return line.trim() !== '' && !line.trim().startsWith('#')
    if (keyword.toLowerCase() !== 'include') return !harmless.has(keyword.toLowerCase())
    return (
      depth > 8 || included(rest, file, depth).some((one) => one === null || configMatters(one, depth + 1))
    )
  })
}

/**
 * The files that an `Include` of `file` may mean, and more; null where that cannot be told. Relative paths begin at the
 * folder of ssh's own files: of a file that was included itself (`depth` above 0) that may be another.
 */
export function included(patterns: string, file: string, depth: number): readonly (string | null)[] {
  return patterns.split(/\s+/).flatMap((pattern) => {
    if (/["'~$\\]/.test(pattern)) return [null]
    if (depth > 0 && !isAbsolute(pattern)) return [null]
    const path = resolve(dirname(file), pattern)
    if (!/[*?[]/.test(path)) return [path]
    if (/[*?[]/.test(dirname(path))) return [null]
    try {
      return readdirSync(dirname(path)).map((name) => join(dirname(path), name))
    } catch {
      return []
    }
  })
}
