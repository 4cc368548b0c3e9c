/**
 * Compiles a regular expression of Python, as far as JavaScript has the same, into a test that must
 * match from the start of a name but not to its end (`re.match`). Null when it is none.
 */
export function compileRegex(source: string): ((name: string) => boolean) | null {
  const flags = /^\(\?([aimsux]+)\)/.exec(source)
  const translated = source
    .slice(flags?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, String.raw`\k<$1>`)
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(String.raw`\Z`, '$')
  try {
    const regex = new RegExp(`^(?:${translated})`, flags?.[1]?.includes('i') === true ? 'i' : '')
    return (name) => regex.test(name)
  } catch {
    return null
  }
}
