import { createHash, createHmac } from 'node:crypto'

/** A line of a known_hosts file that tells of a key. */
export interface KnownKey {
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly marker: 'none' | 'revoked' | 'cert_authority'
  /** The first field as written: names, patterns or a hash. */
  readonly hosts: string
  readonly type: string
  readonly base64: string
}

/** One known_hosts file, indexed: a look-up does not walk over the lines of other hosts, unless those are hashed. */
export interface KnownHosts {
  /** By each plain name of a line, in lower case. */
  readonly byName: ReadonlyMap<string, readonly KnownKey[]>
  readonly byKey: ReadonlyMap<string, readonly KnownKey[]>
  /** Lines with wildcards or negations. */
  readonly patterns: readonly KnownKey[]
  readonly hashed: readonly KnownKey[]
  readonly hashedTypes: ReadonlySet<string>
}

/** What the files say of the key that a host has shown. */
export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown'; readonly certAuthority: KnownKey | null }
  /** Other keys are known for the host, of whatever type. */
  | { readonly kind: 'changed'; readonly known: readonly KnownKey[] }
  | { readonly kind: 'revoked'; readonly by: KnownKey }

/** Reads a known_hosts file. Lines that make no sense are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const known = {
    byName: new Map<string, KnownKey[]>(),
    byKey: new Map<string, KnownKey[]>(),
    patterns: [] as KnownKey[],
    hashed: [] as KnownKey[],
    hashedTypes: new Set<string>(),
  }
  let line = 0
  for (const written of text.split('\n')) {
    line += 1
    const key = parseLine(written, file, line)
    if (key === null) continue
    add(known.byKey, key.base64, key)
    if (key.hosts.startsWith('|')) {
      known.hashed.push(key)
      known.hashedTypes.add(key.type)
    } else if (/[*?!]/.test(key.hosts)) {
      known.patterns.push(key)
    } else {
      for (const name of key.hosts.toLowerCase().split(',')) add(known.byName, name, key)
    }
  }
  return known
}

function add(map: Map<string, KnownKey[]>, at: string, key: KnownKey): void {
  const keys = map.get(at)
  if (keys === undefined) map.set(at, [key])
  else keys.push(key)
}

function parseLine(written: string, file: string, line: number): KnownKey | null {
  const fields = written.trim().split(/[ \t]+/)
  const first = fields[0] ?? ''
  if (first === '' || first.startsWith('#')) return null
  const marker = first === '@revoked' ? 'revoked' : first === '@cert-authority' ? 'cert_authority' : 'none'
  if (marker !== 'none') fields.shift()
  else if (first.startsWith('@')) return null

  const [hosts, type, base64] = fields
  if (hosts === undefined || type === undefined || base64 === undefined) return null
  // The type stands in the key as well; where both disagree, OpenSSH does not use the line.
  const blob = Buffer.from(base64, 'base64')
  if (blob.length < 4 || blob.toString('latin1', 4, 4 + blob.readUInt32BE(0)) !== type) return null
  return { file, line, marker, hosts, type, base64: blob.toString('base64') }
}

/** The name under which known_hosts files know a host: with its port unless that is 22. */
export function knownHostsName(address: string, port: number): string {
  const name = address.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

/**
 * Judges `key` (the blob that the host has shown) by all the files together, as OpenSSH does: a revoked key is
 * refused, a key on any line is known, and a host with other lines only has changed, whatever their type is.
 */
export function judgeHostKey(
  files: readonly KnownHosts[],
  address: string,
  port: number,
  key: Buffer,
): Verdict {
  const name = knownHostsName(address, port)
  const base64 = key.toString('base64')
  const sameKey = files.flatMap(({ byKey }) => byKey.get(base64) ?? [])
  const matching = sameKey.filter(({ hosts }) => hostsMatch(hosts, name))
  const revoked = matching.find(({ marker }) => marker === 'revoked')
  if (revoked !== undefined) return { kind: 'revoked', by: revoked }
  if (matching.some(({ marker }) => marker === 'none')) return { kind: 'known' }

  const lines = files.flatMap((file) => linesOf(file, name))
  const known = lines.filter(({ marker }) => marker === 'none')
  if (known.length > 0) return { kind: 'changed', known }
  // Like ssh: a key that is known for the host without the port is good for its other ports, too.
  if (name !== knownHostsName(address, 22)) {
    const plain = judgeHostKey(files, address, 22, key)
    if (plain.kind === 'known' || plain.kind === 'revoked') return plain
  }
  return { kind: 'unknown', certAuthority: lines.find(({ marker }) => marker === 'cert_authority') ?? null }
}

/**
 * Key types to ask the host for first: those of its own lines, then those that hashed lines have. Hashed names are
 * not compared here: it takes one HMAC a line, which for many hosts would cost more than their handshakes.
 */
export function likelyKeyTypes(files: readonly KnownHosts[], address: string, port: number): string[] {
  const names = new Set([knownHostsName(address, port), knownHostsName(address, 22)])
  const types = new Set<string>()
  for (const name of names)
    for (const file of files)
      for (const { marker, type } of [...(file.byName.get(name) ?? []), ...matchingPatterns(file, name)])
        if (marker === 'none') types.add(type)
  for (const { hashedTypes } of files) for (const type of hashedTypes) types.add(type)
  return [...types]
}

/** As OpenSSH prints it: `SHA256:` and base64 without padding. `key` is the blob or its base64. */
export function fingerprint(key: Buffer | string): string {
  const blob = typeof key === 'string' ? Buffer.from(key, 'base64') : key
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`
}

function linesOf(file: KnownHosts, name: string): KnownKey[] {
  const hashed = file.hashed.filter(({ hosts }) => hashMatches(hosts, name))
  return [...(file.byName.get(name) ?? []), ...matchingPatterns(file, name), ...hashed]
}

function matchingPatterns(file: KnownHosts, name: string): KnownKey[] {
  return file.patterns.filter(({ hosts }) => hostsMatch(hosts, name))
}

/** True when the first field of a line means `name`. A negated pattern that matches wins over all others. */
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

/** `*` any run of characters, `?` any one. Goes back to the last star only, so no pattern takes exponential time. */
function wildcardMatches(pattern: string, name: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  for (let index = 0; index < name.length;) {
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
