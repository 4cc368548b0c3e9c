import { createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'
import { quote } from './quote.ts'

/** A key file, read: ready to sign with, or why it cannot be used. */
export type PrivateKey =
  | { readonly state: 'usable'; readonly key: ParsedKey }
  | { readonly state: 'unusable'; readonly why: string; readonly hint: string }

const cache = new Map<string, { readonly stamp: string; readonly read: PrivateKey }>()

/** Reads a private key file; a file that has not changed is read and parsed once a process. Never throws. */
export function readPrivateKey(file: string): PrivateKey {
  try {
    const stats = statSync(file)
    if (!stats.isFile()) throw new Error('it is not a regular file')
    const stamp = `${stats.ino}:${stats.size}:${stats.mtimeMs}`
    const cached = cache.get(file)
    if (cached?.stamp === stamp) return cached.read
    const read = parse(file, readFileSync(file, 'utf8'))
    cache.set(file, { stamp, read })
    return read
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      const hint = 'name an existing private key, or load it into an ssh-agent'
      return { state: 'unusable', why: `key file ${file} does not exist`, hint }
    }
    const hint = 'the key must be a file that the user who runs this may read'
    return { state: 'unusable', why: `key file ${file} cannot be read: ${message}`, hint }
  }
}

function parse(file: string, text: string): PrivateKey {
  const parsed: unknown = ssh2.utils.parseKey(text)
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error) return unusable(file, key.message)
  if (!isParsedKey(key)) return unusable(file, 'it holds no key')
  if (!key.isPrivateKey()) {
    const why = `key file ${file} holds a public key`
    return { state: 'unusable', why, hint: 'name the private key, which has the same name without .pub' }
  }
  return { state: 'usable', key: withFastSignature(key) }
}

function isParsedKey(value: unknown): value is ParsedKey {
  return typeof value === 'object' && value !== null && 'getPrivatePEM' in value
}

function unusable(file: string, reason: string): PrivateKey {
  if (/no passphrase given/.test(reason)) {
    return {
      state: 'unusable',
      why: `key file ${file} needs a passphrase`,
      hint: `load it into an ssh-agent (ssh-add ${quote(file)}), which this tool then uses`,
    }
  }
  return {
    state: 'unusable',
    why: `key file ${file} is not a private key that can be used: ${reason}`,
    hint: 'ed25519, ECDSA and RSA keys in OpenSSH or PEM form are understood; certificates and security keys are not yet',
  }
}

/**
 * The same key, signing with a key object that is made once: ssh2 reads the PEM text again for each signature.
 * Refuses SHA-1, which ssh2 falls back to for RSA keys when the server does not say what it takes.
 */
function withFastSignature(parsed: ParsedKey): ParsedKey {
  let keyObject: KeyObject | undefined
  const fast = Object.create(parsed) as {
    sign: (data: Buffer | string, algorithm?: string) => Buffer | Error
  }
  fast.sign = (data, algorithm) => {
    try {
      if (algorithm === 'sha1') return new Error('the host takes SHA-1 signatures only')
      keyObject ??= createPrivateKey(parsed.getPrivatePEM())
      return sign(algorithm ?? hashOf(parsed), Buffer.from(data), keyObject)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
  return fast as ParsedKey
}

function hashOf({ type }: ParsedKey): string | null {
  switch (type) {
    case 'ecdsa-sha2-nistp256':
      return 'sha256'
    case 'ecdsa-sha2-nistp384':
      return 'sha384'
    case 'ecdsa-sha2-nistp521':
      return 'sha512'
    case 'ssh-ed25519':
      return null
    case 'ssh-rsa':
    case 'ssh-dss':
      return 'sha1'
  }
}
