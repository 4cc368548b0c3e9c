import { canonicalKey } from '../kernel/sysctl-key.ts'

/** One assignment, as somebody once wrote it. */
export interface WrittenSetting {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1: of the key, and of the value. */
  readonly column: number
  readonly valueColumn: number
  /** As written, without the typographic characters that editors and web pages put in. */
  readonly key: string
  /** Today's dotted name; `hashsize` for the module's parameter. */
  readonly canonical: string
  readonly value: string
  /** From 1: where typographic quotes or dashes begin, which no kernel takes; null where there are none. */
  readonly typographicColumn: number | null
  /** Written for another place than a file of settings: `echo … >/proc/sys/…`, `sysctl -w`, `options …`. */
  readonly form: 'sysctl' | 'echo' | 'command' | 'module'
}

/** A line that assigns nothing we know. */
export interface OtherLine {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly text: string
}

const typographic = /[\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb]/g
const dashes = /[\u2010-\u2015\u2212]/g

/**
 * Reads the lines of sysctl.conf files, of modprobe.d, and the `echo` and `sysctl -w` lines of scripts and of how-tos.
 * Comments and empty lines are left out; what is none of these is given as it stands.
 */
export function readSettingsLines(
  text: string,
  file: string,
): { readonly settings: readonly WrittenSetting[]; readonly others: readonly OtherLine[] } {
  const settings: WrittenSetting[] = []
  const others: OtherLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1
    const written = raw.replace(/\r$/, '')
    const plain = written.replaceAll(typographic, '"').replaceAll(dashes, '-')
    const content = plain.trim()
    if (content === '' || /^[#;]/.test(content)) continue
    const found = assignmentsOf(plain)
    for (const { key, column, value, valueColumn, form } of found)
      settings.push({
        ...{ file, line, column, valueColumn, key, form },
        canonical: form === 'module' || isParameter(key) ? 'hashsize' : canonicalOf(key),
        value,
        typographicColumn: plain === written ? null : firstDifference(plain, written),
      })
    if (found.length === 0) others.push({ file, line, column: plain.search(/\S/) + 1, text: content })
  }
  return { settings, others }
}

/** From 1. Both are of one length. */
function firstDifference(one: string, other: string): number {
  let at = 0
  while (one[at] === other[at]) at += 1
  return at + 1
}

type Found = Pick<WrittenSetting, 'key' | 'column' | 'value' | 'valueColumn' | 'form'>

function assignmentsOf(line: string): readonly Found[] {
  const echo =
    /^(\s*(?:sudo\s+)?(?:echo|printf)\s+)"?([^">]*?)"?\s*>\s*(\/(?:proc\/sys|sys\/module)\/[A-Za-z0-9_./-]+)/.exec(
      line,
    )
  if (echo !== null) {
    const [whole, before = '', value = '', path = ''] = echo
    const at = { column: whole.length - path.length + 1, valueColumn: before.length + 1 }
    return [{ key: path, value: value.trim(), form: 'echo', ...at }]
  }
  const options = /^\s*options\s+(?:nf|ip)_conntrack\s/.exec(line)
  if (options !== null) {
    const hashsize = /\bhashsize=(\S+)/.exec(line)
    if (hashsize === null) return []
    const column = hashsize.index + 1
    const value = (hashsize[1] ?? '').replaceAll('"', '')
    return [{ key: 'hashsize', value, form: 'module', column, valueColumn: column + 'hashsize='.length }]
  }
  const command =
    /^\s*(?:sudo\s+)?(?:\/s?bin\/|\/usr\/s?bin\/)?sysctl\s+(?:-[a-zA-Z]+\s+)*"?(?=[A-Za-z])/.exec(line)
  const start = command === null ? 0 : command[0].length
  const match = /^(\s*-?)([A-Za-z0-9_][^\s=]*)(\s*=\s*)(.*?)\s*$/.exec(line.slice(start))
  if (match === null) return []
  const [, before = '', key = '', equals = '', rest = ''] = match
  const column = start + before.length + 1
  const value = rest.replaceAll(/^"|"$/g, '').trim()
  return [
    {
      key,
      value,
      form: command === null ? 'sysctl' : 'command',
      column,
      valueColumn: column + key.length + equals.length,
    },
  ]
}

function isParameter(key: string): boolean {
  return /^\/sys\/module\/(?:nf|ip)_conntrack\/parameters\/hashsize$/.test(key)
}

function canonicalOf(key: string): string {
  const dotted = key.replace(/^\/proc\/sys\//, '')
  return canonicalKey(dotted === key ? key : dotted.replaceAll('/', '.'))
}
