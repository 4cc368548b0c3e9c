/**
 * Several texts as one that is true of all of them: the same text, or, when they differ in their numbers only, the
 * text with each differing number as `lowest..highest` (`65536..131072`). Null when they differ otherwise.
 */
export function foldTexts(texts: Iterable<string>): string | null {
  const [first, ...others] = new Set(texts)
  if (first === undefined) return null
  const words = first.split(/\d+/)
  const spans = (first.match(/\d+/g) ?? []).map((number) => ({ lowest: number, highest: number }))
  for (const other of others) {
    if (other.split(/\d+/).join('\0') !== words.join('\0')) return null
    for (const [index, number] of (other.match(/\d+/g) ?? []).entries()) {
      const span = spans[index]
      if (span === undefined) return null
      if (isLess(number, span.lowest)) span.lowest = number
      if (isLess(span.highest, number)) span.highest = number
    }
  }
  return words.reduce((text, word, index) => {
    const span = spans[index - 1]
    if (span === undefined) return text + word
    return `${text}${span.lowest === span.highest ? span.lowest : `${span.lowest}..${span.highest}`}${word}`
  })
}

function isLess(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length
}
