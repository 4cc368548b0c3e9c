import type { Opened, Vault } from '../secrets/vault.ts'

const unsafeKey = '__ansible_unsafe'
const vaultKey = '__ansible_vault'

/** A value tagged `!vault`, opened where it is used only; its one field is the form in which `ansible-inventory` prints it. */
export class EncryptedValue {
  readonly [vaultKey]: string
  readonly #vault: Vault

  constructor(text: string, vault: Vault) {
    this[vaultKey] = text
    this.#vault = vault
  }

  /** Never throws. */
  open(): Opened {
    return this.#vault.open(this[vaultKey])
  }
}

/** A value tagged `!unsafe`: its braces mean themselves. Kept in the form in which `ansible-inventory` prints it. */
export function unsafeValue(text: string): unknown {
  return { [unsafeKey]: text }
}

/** The text of a value tagged `!unsafe`, or null when it is none. */
export function unsafeText(value: unknown): string | null {
  return onlyText(value, unsafeKey)
}

/** JSON has no tags: there Ansible writes an encrypted value as a mapping, which this turns back. */
export function reviveEncrypted(value: unknown, vault: Vault): unknown {
  const text = onlyText(value, vaultKey)
  return text === null ? value : new EncryptedValue(text, vault)
}

function onlyText(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const entries: [string, unknown][] = Object.entries(value)
  const [first] = entries
  return entries.length === 1 && first?.[0] === key && typeof first[1] === 'string' ? first[1] : null
}
