import { foldHostParts } from './fold-hosts.ts'

/**
 * Host names folded into at most `room` columns: `web[001-480],db[1-3]`, or as much of it as fits and `…`
 * (`i-0a,i-0b,…`, `web[3,17,…].example.com`). A room of Infinity shows all of them.
 */
export function shortHosts(names: readonly string[], room: number): string {
  const parts = foldHostParts(names)
  let text = ''
  for (const [index, part] of parts.entries()) {
    const tail = index === parts.length - 1 ? '' : ',…'
    const start = text === '' ? '' : `${text},`
    if (`${start}${part}${tail}`.length <= room) {
      text = start + part
      continue
    }
    const piece = fewerNumbers(part, room - start.length - tail.length)
    if (piece !== null) return start + piece + tail
    return text === '' ? `${part.slice(0, Math.max(room - 1 - tail.length, 1))}…${tail}` : `${text},…`
  }
  return text
}

/** `web[3,17,…].example.com` of a part with one bracket; null when not even one of its numbers fits. */
function fewerNumbers(part: string, room: number): string | null {
  const [, before = '', numbers = '', after = ''] = /^([^[]*)\[([^\]]*)\]([^[]*)$/.exec(part) ?? []
  const comma = numbers.lastIndexOf(',', room - before.length - after.length - 4)
  return comma > 0 ? `${before}[${numbers.slice(0, comma)},…]${after}` : null
}
