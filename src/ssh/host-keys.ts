import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { HostFailure } from './failure.ts'
import {
  addKnownHosts,
  fingerprint,
  judgeHostKey,
  knownHostsName,
  likelyKeyTypes,
  parseKnownHosts,
} from './known-hosts.ts'
import type { KnownHosts, KnownKey } from './known-hosts.ts'
import { quote } from './quote.ts'
import type { Target } from './target.ts'

interface ReadFile {
  readonly stamp: string
  readonly known: KnownHosts
}

const noFile = 'no file'
const cache = new Map<string, ReadFile>()

/**
 * The key types to ask the target for first, by what its known_hosts files say.
 * Throws HostFailure `host_key_unreadable`.
 */
export function expectedKeyTypes(target: Target): string[] {
  return likelyKeyTypes(readAll(target), ...knownAs(target))
}

/**
 * Judges the key that the target has shown. With `accept-new` one that is new is recorded; with `no` it is let pass
 * and not recorded, so that a host that is made anew every day does not fail as changed on its second day.
 *
 * Returns the types to ask for instead when the host is known by keys of other types only: the server may hold
 * those as well. An empty list: the key is accepted. `askedAgain` refuses such a key for good.
 * Throws HostFailure `host_key_unknown`, `host_key_changed`, `host_key_revoked` or `host_key_unreadable`.
 */
export function checkHostKey(target: Target, key: Buffer, askedAgain: boolean): string[] {
  const verdict = judgeHostKey(readAll(target), ...knownAs(target), key)
  switch (verdict.kind) {
    case 'known':
      return []
    case 'revoked':
      throw revoked(target, key, verdict.by)
    case 'changed':
      if (!askedAgain && verdict.types.size > 0 && !verdict.types.has(keyType(key))) return [...verdict.types]
      throw changed(target, key, verdict.known)
    case 'unknown':
      if (target.hostKeys.checking === 'yes' || target.hostKeys.checking === 'ask')
        throw unknown(target, key, verdict.certAuthority)
      if (target.hostKeys.checking === 'accept-new') recordHostKey(target, key)
      return []
  }
}

function readAll({ hostKeys }: Target): KnownHosts[] {
  return hostKeys.knownHostsFiles.map((file) => readKnownHosts(file))
}

/** Synchronous on purpose: a stat of a local file costs less than a trip through the thread pool, at every host. */
function readKnownHosts(file: string): KnownHosts {
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    const stamp = stampOf(stats)
    const read = cache.get(file)
    if (read?.stamp === stamp) return read.known
    if (stats !== undefined && !stats.isFile() && file !== '/dev/null') throw new Error('not a regular file')
    const known = parseKnownHosts(stats?.isFile() === true ? readFileSync(file, 'utf8') : '', file)
    cache.set(file, { stamp, known })
    return known
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new HostFailure(
      'host_key_unreadable',
      'connect',
      `the known hosts file ${file} cannot be read: ${why}`,
      'without it no host can be told from an impostor; make the file readable or name another with -o UserKnownHostsFile=…',
      error,
    )
  }
}

function stampOf(stats: Stats | undefined): string {
  return stats === undefined ? noFile : `${stats.ino}:${stats.size}:${stats.mtimeMs}`
}

/** Under `HostKeyAlias` a port counts no longer. */
function knownAs({ address, port, hostKeyAlias }: Target): readonly [address: string, port: number] {
  return hostKeyAlias === null ? [address, port] : [hostKeyAlias, 22]
}

/**
 * Adds the key to the first known_hosts file, in one write at its end, so that several processes that add at once do
 * not mix their lines. Throws HostFailure `host_key_unknown`.
 */
export function recordHostKey(target: Target, key: Buffer): void {
  const file = target.hostKeys.knownHostsFiles[0]
  try {
    if (file === undefined) throw new Error('no known hosts file is named')
    const name = knownHostsName(...knownAs(target))
    if (!existsSync(dirname(file))) mkdirSync(dirname(file), { mode: 0o700 })
    const before = statSync(file, { throwIfNoEntry: false })
    const line = `${name} ${keyType(key)} ${key.toString('base64')}\n`
    const text = endsMidLine(file, before?.size ?? 0) ? `\n${line}` : line
    appendFileSync(file, text, { mode: 0o600 })
    takeIn(file, line, before, Buffer.byteLength(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new HostFailure(
      'host_key_unknown',
      'connect',
      `the new host key of ${target.address} could not be recorded: ${why}`,
      'accept-new is only safe when the key is remembered; make the first known hosts file writable',
      error,
    )
  }
}

/** Follows our own addition without reading the file again, which for many new hosts would be quadratic. */
function takeIn(file: string, line: string, before: Stats | undefined, bytes: number): void {
  const after = statSync(file)
  const read = cache.get(file)
  const ours = read?.stamp === stampOf(before) && after.size === (before?.size ?? 0) + bytes
  if (read === undefined || !ours) return
  addKnownHosts(read.known, line)
  cache.set(file, { stamp: stampOf(after), known: read.known })
}

function endsMidLine(file: string, size: number): boolean {
  if (size === 0) return false
  const handle = openSync(file, 'r')
  try {
    const last = Buffer.alloc(1)
    readSync(handle, last, 0, 1, size - 1)
    return last[0] !== 0x0a
  } finally {
    closeSync(handle)
  }
}

function keyType(key: Buffer): string {
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0))
}

/** As in the names of files: `ssh_host_ed25519_key`. */
function shortType(key: Buffer): string {
  return keyType(key).replace(/^ssh-/, '').replace(/-.*$/, '')
}

function shown(key: Buffer): string {
  return `${keyType(key)} ${fingerprint(key)}`
}

function unknown(target: Target, key: Buffer, certAuthority: KnownKey | null): HostFailure {
  const files = target.hostKeys.knownHostsFiles.join(', ') || 'no file at all'
  const authority =
    certAuthority === null
      ? ''
      : `; ${certAuthority.file}:${certAuthority.line} has an authority for it, and ssh2 knows no host certificates: set ansible_connection=openssh`
  const port = target.port === 22 ? '' : `-p ${target.port} `
  return new HostFailure(
    'host_key_unknown',
    'connect',
    `the host key of ${knownHostsName(...knownAs(target))} (${shown(key)}) is not known in ${files}${authority}`,
    `compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_${shortType(key)}_key.pub), then add it: ssh-keyscan ${port}${quote(target.address)} >> known_hosts; or let new keys in with -o StrictHostKeyChecking=accept-new`,
  )
}

function changed(target: Target, key: Buffer, known: readonly KnownKey[]): HostFailure {
  const name = knownHostsName(...knownAs(target))
  const sameType = known.filter(({ type }) => type === keyType(key))
  const places = (sameType.length > 0 ? sameType : known).map(
    ({ file, line, type, base64 }) => `${file}:${line} has ${type} ${fingerprint(base64)}`,
  )
  const files = new Set(known.map(({ file }) => file))
  const removals = [...files].map((file) => `ssh-keygen -f ${quote(file)} -R ${quote(name)}`)
  return new HostFailure(
    'host_key_changed',
    'connect',
    `the host key of ${name} has changed: ${places.join(', ')}; the host sent ${shown(key)}`,
    `somebody may be in between; if the host was reinstalled, remove the old key: ${removals.join('; ')}`,
  )
}

function revoked(target: Target, key: Buffer, by: KnownKey): HostFailure {
  return new HostFailure(
    'host_key_revoked',
    'connect',
    `the host key of ${knownHostsName(...knownAs(target))} (${shown(key)}) is marked @revoked at ${by.file}:${by.line}`,
    'give the host a new key; a revoked one is refused under every setting',
  )
}
