import { canonicalKey } from './sysctl-key.ts'

/** `key = value` of a sysctl.d file. */
export interface SysctlLine {
  /** Canonical, see canonicalKey. */
  readonly key: string
  readonly value: string
}

/**
 * Reads one line as sysctl.d(5) does: blanks around key and value, `-` before the key (errors
 * ignored), `#` and `;` comments. Null for anything that assigns nothing.
 */
export function parseSysctlLine(line: string): SysctlLine | null {
  const text = line.trim()
  if (text === '' || text.startsWith('#') || text.startsWith(';')) return null
  const equals = text.indexOf('=')
  if (equals <= 0) return null
  const key = text.slice(0, equals).trim().replace(/^-/, '')
  return { key: canonicalKey(key), value: squeeze(text.slice(equals + 1)) }
}

/** One blank between the numbers of a value, as the kernel takes it; it prints tabs. */
export function squeeze(value: string): string {
  return value.trim().replace(/[ \t]+/g, ' ')
}
