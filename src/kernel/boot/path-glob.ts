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
    parts.every((part, index) => partExpression(patternParts[index] ?? '')?.test(part) === true)
  )
}

/** One part between slashes as a regular expression; null when it can match nothing. */
function partExpression(pattern: string): RegExp | null {
  let source = /^[*?[]/.test(pattern) ? String.raw`(?!\.)` : ''
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    const set =
      character === '[' ? /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]/.exec(pattern.slice(index)) : null
    if (set) {
      source += `[${set[1] === '' ? '' : '^'}${setSource(set[2] ?? '')}]`
      index += set[0].length - 1
    } else if (character === '*') source += '.*'
    else if (character === '?') source += '.'
    else if (character === '\\' && index + 1 < pattern.length) {
      index += 1
      source += quote(pattern.charAt(index))
    } else source += quote(character)
  }
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    // A range that runs backwards, `[z-a]`: it matches nothing.
    return null
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

function quote(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, String.raw`\$&`)
}

/** `a{b,c}d` -> `abd`, `acd`; nested ones too. Without a comma or an end, braces stand for themselves. */
function expandBraces(pattern: string): readonly string[] {
  const inner = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern)
  if (!inner) return [pattern]
  const [, before = '', choices = '', after = ''] = inner
  return choices.split(',').flatMap((choice) => expandBraces(`${before}${choice}${after}`))
}
