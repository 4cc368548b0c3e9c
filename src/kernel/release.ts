/**
 * Is version `text` (`6.1.0-56-amd64`, `2.6.32-754.el6`, `252.39-1~deb12u2`) at least `floor`? Only the
 * leading numbers count. Null when `text` begins with none.
 */
export function isAtLeast(text: string, floor: string): boolean | null {
  const numbers = leadingNumbers(text)
  if (numbers.length === 0) return null
  for (const [index, wanted] of leadingNumbers(floor).entries()) {
    const found = numbers[index] ?? 0
    if (found !== wanted) return found > wanted
  }
  return true
}

function leadingNumbers(text: string): readonly number[] {
  return (/^\d+(\.\d+)*/.exec(text.trim())?.[0].split('.') ?? []).map(Number)
}
