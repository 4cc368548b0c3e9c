import { readFileSync } from 'node:fs'
import { included } from './config-matters.ts'
import { wildcardMatches } from './host-pattern.ts'

/** A word that is the same for hosts of which ssh_config says the same; null for a host that has to be asked about. */
export type ClassOf = (host: string) => string | null

/** These come as they are written, and are filled in for each host by us. */
const filledInLater = /^(identityfile|proxycommand|certificatefile|hostkeyalias|controlpath)$/

/**
 * Tells apart hosts by the patterns of the `Host` lines that they match, so that a thousand hosts of one pattern cost
 * one question. Where a file has `Match`, tokens that ssh fills in, or anything else that may depend on a name, every
 * host has to be asked about; and always one that is named in a file. `isOwn`: the files are those that ssh reads by
 * itself, not one of `-F`.
 */
export function hostClasses(files: readonly string[], isOwn: boolean): ClassOf {
  const patterns: string[] = []
  const texts: string[] = []
  const isSimple = files.every((file) => readPatterns(file, patterns, texts, isOwn ? 0 : 1))
  const all = texts.join('\n').toLowerCase()
  return (host) =>
    !isSimple || host !== host.toLowerCase() || all.includes(host)
      ? null
      : patterns.map((pattern) => (wildcardMatches(pattern, host) ? '1' : '0')).join('')
}

/** Takes in the patterns of a file and of those that it includes; false where they do not tell all. */
function readPatterns(file: string, patterns: string[], texts: string[], depth: number): boolean {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
  texts.push(text)
  return text.split('\n').every((line) => {
    const [, written = '', rest = ''] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)?(.*?)\s*$/.exec(line) ?? []
    const keyword = written.toLowerCase()
    if (keyword === '') return line.trim() === '' || line.trim().startsWith('#')
    if (keyword === 'match' || keyword.startsWith('canonical')) return false
    if (keyword === 'host') {
      if (/["'\\]/.test(rest)) return false
      patterns.push(...rest.split(/\s+/).map((pattern) => pattern.replace(/^!/, '')))
      return true
    }
    if (keyword === 'include')
      return (
        depth < 8 &&
        included(rest, file, depth).every(
          (one) => one !== null && readPatterns(one, patterns, texts, depth + 1),
        )
      )
    return filledInLater.test(keyword) || !rest.includes('%')
  })
}
