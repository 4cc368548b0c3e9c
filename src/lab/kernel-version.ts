/** Is the kernel `release` (`6.1.0-25-amd64`) older than `version` (`5.15`)? Only the leading numbers count. */
export function isOlderThan(release: string, version: string): boolean {
  const ours = numbersOf(release)
  const theirs = numbersOf(version)
  for (let at = 0; at < Math.max(ours.length, theirs.length); at += 1) {
    const difference = (ours[at] ?? 0) - (theirs[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function numbersOf(version: string): readonly number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
}
