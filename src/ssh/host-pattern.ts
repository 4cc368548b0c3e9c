import { createHmac } from 'node:crypto'

/**
 * True when the first field of a known_hosts line, plain, with wildcards or hashed, means `name` (in lower case).
 * A negated pattern that matches wins over all others.
 */
export function hostsMatch(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return hashMatches(hosts, name)
  let matches = false
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!wildcardMatches(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    matches = true
  }
  return matches
}

/** `*` any run of characters, `?` any one. Goes back to the last star only, so that no pattern takes exponential time. */
export function wildcardMatches(pattern: string, name: string): boolean {
  let at = 0
  let index = 0
  let star = -1
  let resume = 0
  while (index < name.length) {
    const wanted = pattern.charAt(at)
    if (wanted === '*') {
      star = at
      at += 1
      resume = index
    } else if (at < pattern.length && (wanted === '?' || wanted === name.charAt(index))) {
      at += 1
      index += 1
    } else if (star !== -1) {
      at = star + 1
      resume += 1
      index = resume
    } else {
      return false
    }
  }
  while (pattern.charAt(at) === '*') at += 1
  return at === pattern.length
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as the key. */
function hashMatches(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split('|')
  if (version !== '1' || salt === undefined || hash === undefined) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}
