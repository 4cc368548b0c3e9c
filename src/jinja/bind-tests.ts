/** A word or sign within a template, as the lexer gives it. */
export interface Token {
  readonly value: string
  readonly type: string
}

/** How a test is called among the filters: `x is not defined` becomes `x | is_not:defined`. */
export const testPrefix = { plain: 'is:', negated: 'is_not:' } as const

/**
 * Rewrites tests as filters. Jinja gives both the same rank (`a is match('x') | int` is one chain), and a test may
 * have arguments; the parser knows neither. Names with dots (`ansible.builtin.default`) become one word on the way.
 */
export function bindTests(tokens: readonly Token[]): Token[] {
  const bound: Token[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at]
    if (token === undefined) break
    const isPipe = token.type === 'Pipe'
    if (!isPipe && !isWord(token, 'is')) {
      bound.push(token)
      continue
    }
    const negated = !isPipe && isWord(tokens[at + 1], 'not')
    if (negated) at += 1
    const name = nameAt(tokens, at + 1)
    bound.push({ value: '|', type: 'Pipe' })
    if (name === null) continue
    const prefix = isPipe ? '' : negated ? testPrefix.negated : testPrefix.plain
    bound.push({ value: prefix + name.text, type: 'Identifier' })
    at = name.last
    const argument = tokens[at + 1]
    if (!isPipe && argument !== undefined && isBareArgument(argument)) {
      bound.push({ value: '(', type: 'OpenParen' }, argument, { value: ')', type: 'CloseParen' })
      at += 1
    }
  }
  return bound
}

/** `x is divisibleby 3` needs no parentheses. */
function isBareArgument(token: Token): boolean {
  if (token.type === 'NumericLiteral' || token.type === 'StringLiteral') return true
  const follows = ['and', 'or', 'not', 'in', 'is', 'if', 'else']
  return token.type === 'Identifier' && !follows.includes(token.value)
}

function nameAt(tokens: readonly Token[], start: number): { text: string; last: number } | null {
  const first = tokens[start]
  if (first?.type !== 'Identifier') return null
  let text = first.value
  let last = start
  for (;;) {
    const part = tokens[last + 2]
    if (tokens[last + 1]?.type !== 'Dot' || part?.type !== 'Identifier') break
    text += `.${part.value}`
    last += 2
  }
  return { text: text.replace(/^ansible\.builtin\./, ''), last }
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.type === 'Identifier' && token.value === word
}
