/** As systemd and procps tell a glob from a name: by `*`, `?` and `[` (GLOB_CHARS); braces alone make none. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path)
}

/**
 * Does glob(7) find `path` by `pattern`? `*`, `?` and `[…]` stop at slashes and do not match a leading
 * dot. `braces`: `{a,b}` is expanded first, as GLOB_BRACE has it (systemd does, procps does not).
 */
export function globMatches(pattern: string, path: string, braces: boolean): boolean {
  const patterns = braces ? expandBraces(pattern) : [pattern]
  return patterns.some((one) => matchesOne(one, path))
}

function matchesOne(pattern: string, path: string): boolean {
  const patternParts = pattern.split('/').filter((part) => part !== '')
  const parts = path.split('/')
  return (
    patternParts.length === parts.length &&
    parts.every((part, index) => matchesPart(patternParts[index] ?? '', part))
  )
}

/** What one sign of a pattern takes: any number of characters, or one of those that pass. */
type Sign = 'many' | ((character: string) => boolean)

/** Goes back to the last star only, as every glob can: no pattern of a host makes this slow. */
function matchesPart(pattern: string, part: string): boolean {
  if (part.startsWith('.') && /^[*?[]/.test(pattern)) return false
  const signs = signsOf(pattern)
  let at = 0
  let sign = 0
  let star = -1
  let starAt = 0
  while (at < part.length) {
    const one = signs[sign]
    if (one === 'many') {
      star = sign
      starAt = at
      sign += 1
    } else if (one?.(part.charAt(at)) === true) {
      at += 1
      sign += 1
    } else if (star !== -1) {
      starAt += 1
      at = starAt
      sign = star + 1
    } else return false
  }
  return signs.slice(sign).every((one) => one === 'many')
}

function signsOf(pattern: string): readonly Sign[] {
  const signs: Sign[] = []
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    const set = character === '[' ? bracket.exec(pattern.slice(index)) : null
    if (set) {
      signs.push(oneOf(set[2] ?? '', set[1] !== ''))
      index += set[0].length - 1
    } else if (character === '*') signs.push('many')
    else if (character === '?') signs.push(() => true)
    else {
      const escaped = character === '\\' && index + 1 < pattern.length
      index += escaped ? 1 : 0
      const wanted = pattern.charAt(index)
      signs.push((one) => one === wanted)
    }
  }
  return signs
}

const bracket = /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]/

function oneOf(members: string, negated: boolean): (character: string) => boolean {
  try {
    const expression = new RegExp(`^[${negated ? '^' : ''}${setSource(members)}]$`, 's')
    return (character) => expression.test(character)
  } catch {
    // A range that runs backwards, `[z-a]`: it matches nothing.
    return () => false
  }
}

const classes: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  xdigit: 'A-Fa-f0-9',
}

function setSource(members: string): string {
  return members.replace(/\[:([a-z]+):\]|[\]\\^[]/g, (match, name: string | undefined) =>
    name === undefined ? `\\${match}` : (classes[name] ?? ''),
  )
}

/** How many patterns braces may make; a line with more is no setting anybody meant. */
const mostPatterns = 1000

/** `a{b,c}d` -> `abd`, `acd`; nested ones too. Without a comma or an end, braces stand for themselves. */
function expandBraces(pattern: string): readonly string[] {
  let patterns: readonly string[] = [pattern]
  for (;;) {
    const next = patterns.flatMap(expandOnce)
    if (next.length === patterns.length || next.length > mostPatterns) return patterns
    patterns = next
  }
}

function expandOnce(pattern: string): readonly string[] {
  const inner = /\{([^{}]*,[^{}]*)\}/.exec(pattern)
  if (!inner) return [pattern]
  const before = pattern.slice(0, inner.index)
  const after = pattern.slice(inner.index + inner[0].length)
  return (inner[1] ?? '').split(',').map((choice) => `${before}${choice}${after}`)
}
