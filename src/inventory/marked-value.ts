const vaultKey = '__ansible_vault'
const unsafeKey = '__ansible_unsafe'

/** A value tagged `!vault`, still encrypted; kept in the form in which `ansible-inventory` prints it. */
export function encryptedValue(text: string): unknown {
  return { [vaultKey]: text }
}

/** A value tagged `!unsafe`: its braces mean themselves. Kept in the form in which `ansible-inventory` prints it. */
export function unsafeValue(text: string): unknown {
  return { [unsafeKey]: text }
}

export function isEncrypted(value: unknown): boolean {
  return onlyText(value, vaultKey) !== null
}

/** The text of a value tagged `!unsafe`, or null when it is none. */
export function unsafeText(value: unknown): string | null {
  return onlyText(value, unsafeKey)
}

function onlyText(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const entries: [string, unknown][] = Object.entries(value)
  const [first] = entries
  return entries.length === 1 && first?.[0] === key && typeof first[1] === 'string' ? first[1] : null
}
