/**
 * Plain scalars as PyYAML, and so Ansible, reads them: YAML 1.1 with PyYAML's own patterns. They
 * differ from other YAML 1.1 readers: `y` and `1e5` are text, `08` is text, `010` is 8, `1:30` is 90.
 */
export function resolvePlainScalar(text: string): unknown {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null
  return parseBoolean(text) ?? parseFloat11(text) ?? parseInteger(text) ?? parseTimestamp(text) ?? text
}

/** Literals as JSON means them, for a file that is JSON. */
export function resolveJsonScalar(text: string): unknown {
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+$/.test(text) ? exactInteger(text) : Number(text)
}

/** The value of `text` under an explicit tag (`!!int`, …); undefined when it cannot bear that tag. */
export function resolveTaggedScalar(text: string, tag: string): unknown {
  switch (tag) {
    case 'str':
      return text
    case 'null':
      return null
    case 'bool':
      return parseBoolean(text.toLowerCase())
    case 'int':
      return parseInteger(text)
    case 'float':
      return parseFloat11(text) ?? (/^[-+]?\d+$/.test(text) ? Number(text) : undefined)
    case 'timestamp':
      return parseTimestamp(text)
    default:
      return undefined
  }
}

/** A number where that is exact, a bigint beyond 2^53. `digits` is in JavaScript's notation. */
export function exactInteger(digits: string): number | bigint {
  const [, sign = '', unsigned = '0'] = /^([-+]?)(.*)$/.exec(digits) ?? []
  const size = BigInt(unsigned)
  const value = sign === '-' ? -size : size
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function parseBoolean(text: string): boolean | undefined {
  if (/^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true
  if (/^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false
  return undefined
}

function parseFloat11(text: string): number | undefined {
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return Number.NaN
  if (/^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/.test(text))
    return Number(text.replaceAll('_', ''))
  if (/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/.test(text)) return sixties(text)
  return undefined
}

function parseInteger(text: string): number | bigint | undefined {
  const plain = text.replaceAll('_', '')
  if (/^[-+]?0b[01_]*[01][01_]*$/.test(text) || /^[-+]?0x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*$/.test(text))
    return exactInteger(plain)
  if (/^[-+]?0[0-7_]+$/.test(text)) return exactInteger(plain.replace(/0/, '0o0'))
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(text)) return exactInteger(plain)
  if (/^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/.test(text)) return sixties(text)
  return undefined
}

/** `1:30:00`, each part worth sixty of the next. */
function sixties(text: string): number {
  const [, sign = '', rest = ''] = /^([-+]?)(.*)$/.exec(text.replaceAll('_', '')) ?? []
  const total = rest.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return sign === '-' ? -total : total
}

const datePattern = /^\d{4}-\d{2}-\d{2}$/
const momentPattern =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?$/

/** A date or moment, in the ISO form that Ansible gives it in text and JSON. */
function parseTimestamp(text: string): string | undefined {
  if (datePattern.test(text)) return isDate(text) ? text : undefined
  const match = momentPattern.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match
  const two = (digits: string): string => digits.padStart(2, '0')
  const date = `${year}-${two(month)}-${two(day)}`
  if (!isDate(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const micros = fraction.slice(0, 6).padEnd(6, '0')
  const zone =
    match[8] === undefined
      ? match[9] === undefined
        ? ''
        : `${match[9]}${two(match[10] ?? '')}:${match[11] ?? '00'}`
      : '+00:00'
  return `${date}T${two(hour)}:${minute}:${second}${micros === '000000' ? '' : `.${micros}`}${zone}`
}

function isDate(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date)
}
