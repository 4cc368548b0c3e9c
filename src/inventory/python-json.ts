/**
 * JSON as Python's `json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)` writes it, which
 * is how `ansible-inventory` prints. Bigints are written as the integers they are.
 */
export function pythonJson(value: unknown, indent = ''): string {
  const inner = `${indent}    `
  if (typeof value === 'bigint') return value.toString()
  if (Object.is(value, -0)) return '-0.0'
  if (typeof value === 'number' && !Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => inner + pythonJson(item, inner)).join(',\n')}\n${indent}]`
  }
  if (typeof value === 'object' && value !== null) {
    const entries: [string, unknown][] = Object.entries(value)
    if (entries.length === 0) return '{}'
    const lines = entries
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pythonJson(item, inner)}`)
    return `{\n${lines.join(',\n')}\n${indent}}`
  }
  return JSON.stringify(value) ?? 'null'
}
