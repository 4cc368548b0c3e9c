import { existsSync, readFileSync, statSync } from 'node:fs'
import ssh2 from 'ssh2'
import { fileFault } from '../yaml/file-fault.ts'
import { readOpensshKeyText } from './openssh-key-text.ts'
import { parsePrivateKey } from './private-key.ts'
import type { PrivateKey } from './private-key.ts'
import type { Secret } from './secret.ts'

/** One of `identityFiles`: what is known of it without opening it, and how to open it. */
export interface IdentityFile {
  readonly file: string
  /** The public key as it goes over the wire, by which an agent's key is known to be the same; null where unknown. */
  readonly publicBlob: Buffer | null
  /** True when a certificate lies beside it, which ssh2 cannot show. */
  readonly hasCertificate: boolean
  /** The private key. Never throws. */
  open(passphrase: Secret | null): PrivateKey
}

interface Read {
  readonly stamp: string
  readonly identity: IdentityFile
}

const cache = new Map<string, Read>()

/** Reads a key file; one that has not changed is read, and opened with the same passphrase, once a process. Never throws. */
export function readIdentityFile(file: string): IdentityFile {
  try {
    const stamp = stampOf(file) + stampOf(`${file}.pub`)
    const cached = cache.get(file)
    if (cached?.stamp === stamp) return cached.identity
    const identity = read(file)
    cache.set(file, { stamp, identity })
    return identity
  } catch (error) {
    return unreadable(file, error as NodeJS.ErrnoException)
  }
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats === undefined ? 'no file;' : `${stats.ino}:${stats.size}:${stats.mtimeMs};`
}

function read(file: string): IdentityFile {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) {
    const missing = Object.assign(new Error(`no such file: ${file}`), { code: 'ENOENT' })
    return { ...unreadable(file, missing), publicBlob: publicBlobBeside(file) }
  }
  if (!stats.isFile()) throw new Error('it is not a regular file')
  const text = readFileSync(file, 'utf8')
  let opened: { readonly with: string | null; readonly key: PrivateKey } | null = null
  const open = (passphrase: Secret | null): PrivateKey => {
    const words = passphrase?.reveal() ?? null
    if (opened?.with !== words || opened === null)
      opened = { with: words, key: parsePrivateKey(file, text, passphrase) }
    return opened.key
  }
  return {
    file,
    publicBlob: readOpensshKeyText(text)?.publicBlob ?? publicBlobOf(text) ?? publicBlobBeside(file),
    hasCertificate: existsSync(`${file.replace(/\.pub$/, '')}-cert.pub`),
    open,
  }
}

function publicBlobBeside(file: string): Buffer | null {
  try {
    return publicBlobOf(readFileSync(`${file}.pub`, 'utf8'))
  } catch {
    return null
  }
}

/** Of a line as in authorized_keys, or of a private key that is not encrypted. */
function publicBlobOf(text: string): Buffer | null {
  const line = /^\s*(?:ssh|ecdsa|sk)-[^\s]+ ([A-Za-z0-9+/=]{40,})/m.exec(text)
  if (line !== null) return Buffer.from(line[1] ?? '', 'base64')
  const parsed: unknown = ssh2.utils.parseKey(text)
  return typeof parsed === 'object' && parsed !== null && 'getPublicSSH' in parsed
    ? (parsed as { getPublicSSH: () => Buffer }).getPublicSSH()
    : null
}

function unreadable(file: string, error: NodeJS.ErrnoException): IdentityFile {
  const missing = {
    why: `key file ${file} does not exist`,
    hint: 'name an existing private key, or load it into an ssh-agent',
  }
  const closed = {
    why: `key file ${file}: ${error.code === undefined ? error.message : fileFault(error)[0]}`,
    hint: 'the key must be a file that the user who runs this may read',
  }
  const said = error.code === 'ENOENT' ? missing : closed
  return { file, publicBlob: null, hasCertificate: false, open: () => ({ state: 'unusable', ...said }) }
}
