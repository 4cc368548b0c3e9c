/** A test for one character, or `*`. */
type Piece = '*' | ((character: string) => boolean)

/**
 * Compiles a glob as Python's `fnmatch` reads it: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`, letters by case.
 * Matching takes at most the product of the lengths, whatever the pattern.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  const pieces = parse(Array.from(pattern))
  return (name) => matches(pieces, Array.from(name))
}

function parse(pattern: readonly string[]): readonly Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === '*') {
      if (pieces.at(-1) !== '*') pieces.push('*')
    } else if (character === '?') {
      pieces.push(() => true)
    } else if (character === '[') {
      const close = closingBracket(pattern, at)
      if (close === -1) pieces.push((tested) => tested === '[')
      else {
        pieces.push(characterSet(pattern.slice(at + 1, close)))
        at = close
      }
    } else {
      pieces.push((tested) => tested === character)
    }
  }
  return pieces
}

/** A `]` right behind the opening (or its `!`) is a member, not the end. */
function closingBracket(pattern: readonly string[], open: number): number {
  const first = pattern[open + 1] === '!' ? open + 2 : open + 1
  return pattern.indexOf(']', first + 1)
}

function characterSet(written: readonly string[]): (tested: string) => boolean {
  const negated = written[0] === '!'
  const members = negated ? written.slice(1) : written
  const ranges: [from: string, to: string][] = []
  for (let at = 0; at < members.length; at += 1) {
    const from = members[at] ?? ''
    const to = members[at + 2]
    if (members[at + 1] === '-' && to !== undefined) {
      ranges.push([from, to])
      at += 2
    } else {
      ranges.push([from, from])
    }
  }
  return (tested) => ranges.some(([from, to]) => from <= tested && tested <= to) !== negated
}

/** Greedy with one place to fall back to: the last `*` is the only one that ever has to take more. */
function matches(pieces: readonly Piece[], name: readonly string[]): boolean {
  let piece = 0
  let at = 0
  let star = -1
  let starAt = 0
  while (at < name.length) {
    const test = pieces[piece]
    if (test === '*') {
      star = piece
      starAt = at
      piece += 1
    } else if (test?.(name[at] ?? '') === true) {
      piece += 1
      at += 1
    } else if (star >= 0) {
      piece = star + 1
      starAt += 1
      at = starAt
    } else {
      return false
    }
  }
  while (pieces[piece] === '*') piece += 1
  return piece === pieces.length
}
