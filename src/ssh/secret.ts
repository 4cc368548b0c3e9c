import { inspect } from 'node:util'

/** What `reveal` would give, in the forms in which it could come back: as it is, in JSON, as shown on a terminal. */
const everyForm = new Map<string, RegExp>()

/** Shorter ones are part of too many words: masking them would tell where they stand. */
const maskedFromCharacters = 4

/**
 * A password or passphrase. It shows itself as `***` wherever a value is printed, put into a string
 * or made JSON of; only `reveal` gives it, and is called where it goes to a prompt or opens a key.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
    if (text.length >= maskedFromCharacters && !everyForm.has(text)) everyForm.set(text, formsOf(text))
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return 'Secret(***)'
  }
}

/** `text` without the secrets of this process, should a host or a library have repeated one. For words, not for values. */
export function maskSecrets(text: string): string {
  let masked = text
  for (const forms of everyForm.values()) masked = masked.replaceAll(forms, '***')
  return masked
}

/**
 * As `maskSecrets`, for whole reports: there a secret that is a number or a word could be a value or a key that somebody
 * needs, and stays.
 */
export function maskSecretsInReport(text: string): string {
  let masked = text
  for (const [secret, forms] of everyForm)
    if (secret.length >= 6 && !/^(\d+|[A-Za-z_]+)$/.test(secret)) masked = masked.replaceAll(forms, '***')
  return masked
}

function formsOf(text: string): RegExp {
  const once = JSON.stringify(text).slice(1, -1)
  const twice = JSON.stringify(once).slice(1, -1)
  const forms = [...new Set([twice, once, text])].map((form) =>
    form.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`),
  )
  return new RegExp(forms.join('|'), 'g')
}
