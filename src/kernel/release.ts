/** Is the kernel `release` (`uname -r`) at least `version`? Only the numbers in front count. */
export function isAtLeast(release: string, version: string): boolean {
  const [actual, wanted] = [numbersOf(release), numbersOf(version)]
  for (const [index, number] of wanted.entries()) {
    const own = actual[index] ?? 0
    if (own !== number) return own > number
  }
  return true
}

function numbersOf(text: string): readonly number[] {
  return (/^\d+(\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number)
}
