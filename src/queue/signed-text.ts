import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { systemWords } from '../system-words.ts'
import { printable } from '../printable.ts'
import { InputError, type Problem } from '../problem.ts'
import { readIdentityFile } from '../ssh/identity-file.ts'

/** Signs texts with an ed25519 key. */
export interface Signer {
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  readonly seal: (text: string) => string
}

/** Knows whose texts count. */
export interface Trust {
  /** The text that was sealed and who sealed it, or why it does not count. Never throws. */
  readonly open: (sealed: string) => Opened
}

export type Opened =
  | {
      readonly ok: true
      readonly text: string
      readonly fingerprint: string
      /** Of which its word counts, as the file says before the key; null: of all. */
      readonly zones: ReadonlySet<string> | null
    }
  | { readonly ok: false; readonly why: string }

interface TrustedKey {
  readonly blob: Buffer
  readonly object: KeyObject
  readonly zones: ReadonlySet<string> | null
}

/** What is signed begins so: a signature for something else that the key is used for is none here. */
const domain = 'conntrackctl queue 1\n'
/** Characters; the largest result of a host has some hundred thousand. */
const longestSealed = 16 * 1024 * 1024
const keyBytes = 32
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')
const blobHead = Buffer.concat([lengthOf(11), Buffer.from('ssh-ed25519'), lengthOf(keyBytes)])

/** Reads a private key that `ssh-keygen -t ed25519` made, without a passphrase. Throws InputError. */
export function readSigningKey(file: string): Signer {
  const opened = readIdentityFile(file).open(null)
  if (opened.state === 'unusable')
    throw new InputError([{ file, what: opened.why, remedy: `${makeKey}, without a passphrase` }])
  const { key } = opened
  if (key.type !== 'ssh-ed25519')
    throw new InputError([
      { file, what: `it is a key of the type ${key.type}, not ed25519`, remedy: makeKey },
    ])
  const fingerprint = fingerprintOf(key.getPublicSSH())
  const object = createPrivateKey(key.getPrivatePEM())
  return {
    fingerprint,
    seal: (text) =>
      `${fingerprint} ${sign(null, Buffer.from(domain + text), object).toString('base64')} ${text}`,
  }
}

const makeKey = 'make one with: ssh-keygen -t ed25519 -N "" -f FILE'

/** Reads the public keys of a file as of authorized_keys. Throws InputError. */
export async function readTrust(file: string): Promise<Trust> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError([
      {
        file,
        what: `it cannot be read: ${systemWords(error)}`,
        remedy: 'put the public keys (.pub) there, one a line',
      },
    ])
  })
  const keys = new Map<string, TrustedKey>()
  const problems: Problem[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const key = readKeyLine(line)
    if (key === null)
      problems.push({
        file,
        line: index + 1,
        what: `${printable(line.trim()).slice(0, 40)} is not "ssh-ed25519 KEY COMMENT"`,
        remedy: 'leave ed25519 keys there only, before them at most zones="eu-west,us-east"',
      })
    else keys.set(fingerprintOf(key.blob), key)
  }
  if (keys.size === 0 && problems.length === 0)
    problems.push({
      file,
      what: 'there is no key in it',
      remedy: 'put the public keys (.pub) there, one a line',
    })
  if (problems.length > 0) throw new InputError(problems)
  return { open: (sealed) => openSealed(sealed, keys) }
}

/** By which both sides name what was sealed. */
export function hashOf(sealed: string): string {
  return createHash('sha256').update(sealed).digest('hex')
}

function openSealed(sealed: string, keys: ReadonlyMap<string, TrustedKey>): Opened {
  if (sealed.length > longestSealed) return { ok: false, why: 'it is too long' }
  const [, fingerprint = '', signature = ''] =
    /^(SHA256:[A-Za-z0-9+/]{43}) ([A-Za-z0-9+/]{86}==) /.exec(sealed) ?? []
  if (fingerprint === '') return { ok: false, why: 'it is not signed' }
  const key = keys.get(fingerprint)
  if (key === undefined)
    return { ok: false, why: `it is signed with the key ${fingerprint}, which is not trusted here` }
  const text = sealed.slice(fingerprint.length + signature.length + 2)
  return verify(null, Buffer.from(domain + text), key.object, Buffer.from(signature, 'base64'))
    ? { ok: true, text, fingerprint, zones: key.zones }
    : { ok: false, why: `its signature is not one of the key ${fingerprint}` }
}

function readKeyLine(line: string): TrustedKey | null {
  const [, zones, written = ''] =
    /^\s*(?:zones="([A-Za-z0-9._,-]+)"\s+)?ssh-ed25519\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line) ?? []
  const blob = Buffer.from(written, 'base64')
  const isKey =
    blob.length === blobHead.length + keyBytes && blob.subarray(0, blobHead.length).equals(blobHead)
  if (!isKey) return null
  return { blob, object: publicKeyOf(blob), zones: zones === undefined ? null : new Set(zones.split(',')) }
}

function publicKeyOf(blob: Buffer): KeyObject {
  const key = Buffer.concat([spkiHead, blob.subarray(blobHead.length)])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes)
  return length
}
