import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../ssh/secret.ts'

/** A password of `ansible-vault` and its label. */
export interface VaultPassword {
  /** `default` where none is given. */
  readonly label: string
  readonly secret: Secret
}

/** What an encrypted text holds, or why it stays closed: `what` continues `the value …`. */
export type Opened =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly what: string; readonly remedy: string }

const header = '$ANSIBLE_VAULT'
const iterations = 10_000
const keyBytes = 32
const counterBytes = 16

/** True for what `ansible-vault` wrote. */
export function isVaultText(text: string): boolean {
  return text.startsWith(header)
}

/**
 * Opens what `ansible-vault` has encrypted (AES256, formats 1.1 and 1.2), with the passwords it was given: the one of
 * the text's own label first, then all others in their order, as Ansible does. A text is opened once.
 */
export class Vault {
  readonly #passwords: readonly VaultPassword[]
  readonly #opened = new Map<string, Opened>()

  constructor(passwords: readonly VaultPassword[]) {
    this.#passwords = passwords
  }

  /** Never throws, and names neither password nor content. */
  open(text: string): Opened {
    let opened = this.#opened.get(text)
    if (opened === undefined) {
      opened = this.#openAnew(text)
      this.#opened.set(text, opened)
    }
    return opened
  }

  #openAnew(text: string): Opened {
    const envelope = parseEnvelope(text)
    if (typeof envelope === 'string')
      return { ok: false, what: `is not what ansible-vault writes: ${envelope}`, remedy: 'encrypt it anew' }
    const { label } = envelope
    const shownLabel = label === null ? '' : ` (its label is ${label})`
    if (this.#passwords.length === 0)
      return {
        ok: false,
        what: `is encrypted with ansible-vault${shownLabel}, and there is no password for it`,
        remedy: `give it with ${label === null ? '--vault-password-file FILE' : `--vault-id ${label}@FILE`}`,
      }
    const own = this.#passwords.filter((password) => password.label === label)
    const others = this.#passwords.filter((password) => password.label !== label)
    for (const { secret } of [...own, ...others]) {
      const bytes = decrypt(envelope, secret.reveal())
      if (bytes !== null) return { ok: true, bytes }
    }
    const tried =
      this.#passwords.length === 1
        ? 'the vault password does not open it'
        : `none of the ${this.#passwords.length} vault passwords opens it`
    return {
      ok: false,
      what: `is encrypted with ansible-vault${shownLabel}: ${tried}`,
      remedy: 'give the password that it was encrypted with; if it is that, the text is damaged',
    }
  }
}

interface Envelope {
  readonly label: string | null
  readonly salt: Buffer
  readonly mac: Buffer
  readonly sealed: Buffer
}

/** The parts of an encrypted text, or what is wrong with it. */
function parseEnvelope(text: string): Envelope | string {
  const [first = '', ...lines] = text.split(/\r\n|\n|\r/)
  const [name, version = '', cipher = '', label = null] = first.split(';').map((part) => part.trim())
  if (name !== header) return 'the first line does not begin with $ANSIBLE_VAULT'
  if (version !== '1.1' && version !== '1.2')
    return `the format ${JSON.stringify(version)} is neither 1.1 nor 1.2`
  if (cipher !== 'AES256') return `the cipher ${JSON.stringify(cipher)} is not AES256`
  const outer = fromHex(lines.map((line) => line.trim()).join(''))
  const [salt, mac, sealed] = (outer?.toString('latin1') ?? '').split('\n').map(fromHex)
  if (!salt || !mac || !sealed || salt.length === 0 || mac.length !== keyBytes || sealed.length === 0)
    return 'the text below the first line is cut or changed'
  return { label, salt, mac, sealed }
}

function fromHex(text: string): Buffer | null {
  return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? Buffer.from(text, 'hex') : null
}

/** Null where the password is another one, or the text was changed. */
function decrypt({ salt, mac, sealed }: Envelope, password: string): Buffer | null {
  const keys = pbkdf2Sync(password, salt, iterations, 2 * keyBytes + counterBytes, 'sha256')
  const expected = createHmac('sha256', keys.subarray(keyBytes, 2 * keyBytes))
    .update(sealed)
    .digest()
  if (!timingSafeEqual(expected, mac)) return null
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, keyBytes), keys.subarray(2 * keyBytes))
  const padded = Buffer.concat([decipher.update(sealed), decipher.final()])
  const padding = padded.at(-1) ?? 0
  return padding >= 1 && padding <= 16 ? padded.subarray(0, padded.length - padding) : null
}
