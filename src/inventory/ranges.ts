import { parseAddress } from './address.ts'

/** What `web[01:50]:2222` stands for, or why it cannot be used: fact and remedy. */
export type HostNames =
  | { readonly ok: true; readonly names: readonly string[]; readonly port: number | null }
  | { readonly ok: false; readonly what: string; readonly remedy: string }

/** Characters: four times what the DNS allows, since ranges take some. */
const maxLength = 1000
/** Hosts that one line may stand for. */
const maxHosts = 100_000
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Expands `[from:to]` and `[from:to:step]`, numbers or letters, any number of them; splits off a port. */
export function expandHosts(pattern: string): HostNames {
  if (pattern.length > maxLength)
    return {
      ok: false,
      what: `a host name has more than ${maxLength} characters`,
      remedy: 'write one host a line',
    }
  const address = parseAddress(pattern)
  const name = address?.host ?? pattern
  let names = ['']
  for (const part of name.split(/(\[[^\]]*\]?)/)) {
    if (!part.startsWith('[')) {
      names = names.map((head) => head + part)
      continue
    }
    const values = rangeValues(part)
    if (typeof values === 'string')
      return { ok: false, what: `the range ${part} of ${pattern} ${values}`, remedy: rangeRemedy(name) }
    if (names.length * values.length > maxHosts)
      return {
        ok: false,
        what: `${pattern} stands for more than ${maxHosts} hosts`,
        remedy: 'narrow the range',
      }
    names = names.flatMap((head) => values.map((value) => head + value))
  }
  // The names differ in letters and digits only: one stands for all.
  const wrong = wrongInHostName(names[0] ?? '')
  if (wrong !== null) return { ok: false, ...wrong }
  return { ok: true, names, port: address?.port ?? null }
}

function rangeRemedy(name: string): string {
  return /^\[[0-9a-f:.]*::[0-9a-f:.]*\]$/i.test(name)
    ? 'write an IPv6 address without brackets, or as [address]:port'
    : 'write [01:50], [a:f] or [1:9:2]'
}

/** The values of `[from:to:step]`, or what is wrong with it. */
function rangeValues(written: string): readonly string[] | string {
  if (!written.endsWith(']')) return 'is not closed'
  const bounds = written.slice(1, -1).split(':')
  const [from = '', to = '', stepText = '1'] = bounds
  if (bounds.length !== 2 && bounds.length !== 3) return 'is not of the form [from:to]'
  if (to === '') return 'has no end'
  const step = /^\d{1,9}$/.test(stepText) ? Number(stepText) : 0
  if (step === 0) return `has the step ${stepText}, not a whole number from 1`
  if (/^[a-zA-Z]$/.test(from) && /^[a-zA-Z]$/.test(to)) {
    const [first, last] = [letters.indexOf(from), letters.indexOf(to)]
    if (first > last) return 'runs backwards'
    return Array.from(letters.slice(first, last + 1)).filter((_letter, index) => index % step === 0)
  }
  if (!/^\d{0,15}$/.test(from) || !/^\d{1,15}$/.test(to))
    return 'has ends that are neither numbers nor single letters'
  const width = from.length > 1 && from.startsWith('0') ? from.length : 0
  if (width > 0 && width !== to.length) return 'has ends of different length'
  const [first, last] = [Number(from), Number(to)]
  if (first > last) return 'runs backwards'
  const count = Math.floor((last - first) / step) + 1
  // One more than is allowed is enough for the caller to refuse it.
  return Array.from({ length: Math.min(count, maxHosts + 1) }, (_value, index) =>
    String(first + index * step).padStart(width, '0'),
  )
}

/** What no host can be called; null when `name` is fine. Names end up in messages, records and ssh's arguments. */
export function wrongInHostName(name: string): { what: string; remedy: string } | null {
  const strange = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u.exec(name)
  if (strange !== null) {
    const code = (strange[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    const shown = JSON.stringify(name).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/gu, '?')
    return { what: `the host name ${shown} holds the character U+${code}`, remedy: 'remove it' }
  }
  if (name === '') return { what: 'a host name is empty', remedy: 'write a name or remove the line' }
  if (/^[-!&~@]/.test(name))
    return { what: `the host name ${name} begins with ${name[0]}`, remedy: 'begin it with a letter or digit' }
  if (name.includes(','))
    return { what: `the host name ${name} holds a comma`, remedy: 'write one host a line' }
  if (/[/\\]|^\.+$/.test(name))
    return { what: `${name} is not the name of a host`, remedy: 'use letters, digits, dots and dashes' }
  return null
}
