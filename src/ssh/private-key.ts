import { createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'
import { ed25519KeyText, readOpensshKeyText } from './openssh-key-text.ts'
import { quote } from './quote.ts'
import type { Secret } from './secret.ts'

/** A private key: ready to sign with, or why it cannot be used. */
export type PrivateKey =
  | { readonly state: 'usable'; readonly key: ParsedKey }
  | { readonly state: 'unusable'; readonly why: string; readonly hint: string }

/**
 * Reads the text of a private key file: OpenSSH's own format, PKCS #1 and SEC 1 (PEM) or PKCS #8, encrypted ones
 * with `passphrase`. Costs a third of a second for an encrypted OpenSSH key. Never throws.
 */
export function parsePrivateKey(file: string, text: string, passphrase: Secret | null): PrivateKey {
  if (/-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----/.test(text))
    return parsePem(file, text, passphrase)
  const parsed: unknown = ssh2.utils.parseKey(text, passphrase?.reveal())
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error) return unusable(file, text, key.message)
  if (!isParsedKey(key)) return unusable(file, text, 'it holds no key')
  if (!key.isPrivateKey()) {
    const hint = 'name the private key, which has the same name without .pub, or load it into an ssh-agent'
    return { state: 'unusable', why: `key file ${file} holds a public key`, hint }
  }
  return { state: 'usable', key: withFastSignature(key) }
}

/** OpenSSL reads every PEM form there is; ssh2 knows fewer, so it gets the key in one of those. */
function parsePem(file: string, text: string, passphrase: Secret | null): PrivateKey {
  try {
    const object = createPrivateKey({
      key: text,
      ...(passphrase === null ? {} : { passphrase: passphrase.reveal() }),
    })
    const key: unknown = ssh2.utils.parseKey(plainText(object))
    if (!isParsedKey(key)) return unusable(file, text, `it is of the type ${object.asymmetricKeyType}`)
    return { state: 'usable', key: withFastSignature(key, object) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_MISSING_PASSPHRASE' || /interrupted or cancelled/i.test(message))
      return unusable(file, text, 'no passphrase given')
    return unusable(
      file,
      text,
      /bad decrypt|bad password|cipherfinal/i.test(message) ? 'bad passphrase' : message,
    )
  }
}

function plainText(key: KeyObject): string {
  const { asymmetricKeyType: type } = key
  if (type === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString()
  if (type === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString()
  if (type !== 'ed25519') return ''
  const { d = '', x = '' } = key.export({ format: 'jwk' })
  return ed25519KeyText(Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url'))
}

function isParsedKey(value: unknown): value is ParsedKey {
  return typeof value === 'object' && value !== null && 'getPrivatePEM' in value
}

function unusable(file: string, text: string, reason: string): PrivateKey {
  if (/no passphrase given/.test(reason)) {
    const hint = `load it into an ssh-agent (ssh-add ${quote(file)}), which this tool then uses, or give its passphrase`
    return { state: 'unusable', why: `key file ${file} needs a passphrase`, hint }
  }
  if (/bad passphrase/i.test(reason)) {
    const hint = `one passphrase serves all key files of a run: load this one into an ssh-agent (ssh-add ${quote(file)})`
    return { state: 'unusable', why: `the passphrase does not open key file ${file}`, hint }
  }
  const type = readOpensshKeyText(text)?.publicBlob.toString('latin1', 4, 40) ?? text.slice(0, 40)
  if (type.startsWith('sk-')) {
    const hint = "use the system's ssh for this host: --connection openssh"
    return {
      state: 'unusable',
      why: `key file ${file} is of a security key (FIDO), which ssh2 cannot use`,
      hint,
    }
  }
  return {
    state: 'unusable',
    why: `key file ${file} is not a private key that can be used: ${reason}`,
    hint: 'ed25519, ECDSA and RSA keys in OpenSSH, PEM or PKCS #8 form are understood; for others use --connection openssh',
  }
}

/**
 * The same key, signing with a key object that is made once: ssh2 reads the PEM text again for each signature.
 * Refuses SHA-1, which ssh2 falls back to for RSA keys when the server does not say what it takes.
 */
function withFastSignature(parsed: ParsedKey, known?: KeyObject): ParsedKey {
  let keyObject = known
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
