import { createHash } from 'node:crypto'
import { hostsMatch } from './host-pattern.ts'

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
  readonly file: string
  lines: number
  /** By each plain name of a line, in lower case. */
  readonly byName: Map<string, KnownKey[]>
  /** Lines with hashes, wildcards or negations, by their key. */
  readonly othersByKey: Map<string, KnownKey[]>
  /** Lines with wildcards or negations. */
  readonly patterns: KnownKey[]
  readonly hashed: KnownKey[]
  readonly hashedTypes: Set<string>
  readonly revoked: KnownKey[]
}

/** What the files say of the key that a host has shown. */
export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown'; readonly certAuthority: KnownKey | null }
  /** Other keys are known for the host, of whatever type; `types` are those of the ones that are not revoked. */
  | { readonly kind: 'changed'; readonly known: readonly KnownKey[]; readonly types: ReadonlySet<string> }
  | { readonly kind: 'revoked'; readonly by: KnownKey }

/** Reads a known_hosts file. Lines that make no sense are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const known: KnownHosts = {
    file,
    lines: 0,
    byName: new Map(),
    othersByKey: new Map(),
    patterns: [],
    hashed: [],
    hashedTypes: new Set(),
    revoked: [],
  }
  addKnownHosts(known, text)
  return known
}

/** Takes in lines that stand at the end of the file now. */
export function addKnownHosts(known: KnownHosts, text: string): void {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const written of lines) {
    known.lines += 1
    const key = parseLine(written, known.file, known.lines)
    if (key !== null) indexLine(known, key)
  }
}

function indexLine(known: KnownHosts, key: KnownKey): void {
  if (key.marker === 'revoked') known.revoked.push(key)
  if (key.hosts.startsWith('|')) {
    known.hashed.push(key)
    if (key.marker === 'none') known.hashedTypes.add(key.type)
    add(known.othersByKey, key.base64, key)
  } else if (/[*?!]/.test(key.hosts)) {
    known.patterns.push(key)
    add(known.othersByKey, key.base64, key)
  } else {
    for (const name of new Set(key.hosts.toLowerCase().split(','))) add(known.byName, name, key)
  }
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
  const blob = Buffer.from(base64, 'base64')
  if (!isKeyOfType(blob, type)) return null
  return { file, line, marker, hosts, type, base64: blob.toString('base64') }
}

/** A key is a row of strings, each with its length before it, that opens with its type. */
function isKeyOfType(blob: Buffer, type: string): boolean {
  let at = 0
  while (at + 4 <= blob.length) at += 4 + blob.readUInt32BE(at)
  return at > 0 && at === blob.length && blob.toString('latin1', 4, 4 + blob.readUInt32BE(0)) === type
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
  const isKnown = ({ marker, base64: known, hosts }: KnownKey): boolean =>
    marker === 'none' && known === base64 && hostsMatch(hosts, name)

  const by = revokedBy(files, name, base64)
  if (by !== undefined) return { kind: 'revoked', by }
  // By its key first: that finds the line of a known host without computing the hash of every other line.
  for (const { byName, othersByKey } of files)
    if (byName.get(name)?.some(isKnown) === true || othersByKey.get(base64)?.some(isKnown) === true)
      return { kind: 'known' }

  const lines = files.flatMap((file) => linesOf(file, name))
  const known = lines.filter(({ marker }) => marker === 'none')
  if (known.length > 0) {
    const good = known.filter((line) => revokedBy(files, name, line.base64) === undefined)
    return { kind: 'changed', known, types: new Set(good.map(({ type }) => type)) }
  }
  // Like ssh: a key that is known for the host without the port is good for its other ports, too.
  if (name !== knownHostsName(address, 22)) {
    const plain = judgeHostKey(files, address, 22, key)
    if (plain.kind === 'known' || plain.kind === 'revoked') return plain
  }
  return { kind: 'unknown', certAuthority: lines.find(({ marker }) => marker === 'cert_authority') ?? null }
}

function revokedBy(files: readonly KnownHosts[], name: string, base64: string): KnownKey | undefined {
  return files
    .flatMap(({ revoked }) => revoked)
    .find((line) => line.base64 === base64 && hostsMatch(line.hosts, name))
}

/**
 * Key types to ask the host for first: those of its own lines, or where it has none those that hashed lines have. Like
 * ssh (hostfile.c, check_hostkeys_by_key_or_type), not a type whose first key is revoked.
 * Hashed names are not compared here: it takes one HMAC a line, which for many hosts would cost more than their handshakes.
 */
export function likelyKeyTypes(files: readonly KnownHosts[], address: string, port: number): string[] {
  const name = knownHostsName(address, port)
  const firsts = new Map<string, KnownKey>()
  for (const file of files) {
    const lines = [...(file.byName.get(name) ?? []), ...file.patterns]
      .filter(({ marker, hosts }) => marker === 'none' && hostsMatch(hosts, name))
      .toSorted((one, other) => one.line - other.line)
    for (const line of lines) if (!firsts.has(line.type)) firsts.set(line.type, line)
  }
  const types = [...firsts.values()]
    .filter(({ base64 }) => revokedBy(files, name, base64) === undefined)
    .map(({ type }) => type)
  return types.length > 0 ? types : [...new Set(files.flatMap(({ hashedTypes }) => [...hashedTypes]))]
}

/** As OpenSSH prints it: `SHA256:` and base64 without padding. `key` is the blob or its base64. */
export function fingerprint(key: Buffer | string): string {
  const blob = typeof key === 'string' ? Buffer.from(key, 'base64') : key
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`
}

function linesOf(file: KnownHosts, name: string): KnownKey[] {
  const others = [...file.patterns, ...file.hashed].filter(({ hosts }) => hostsMatch(hosts, name))
  return [...(file.byName.get(name) ?? []), ...others]
}
