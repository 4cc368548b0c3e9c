/** A regular expression of Python in JavaScript's spelling, as far as JavaScript has the same. */
export function pythonRegex(source: string): { readonly source: string; readonly ignoreCase: boolean } {
  const flags = /^\(\?([aimsux]+)\)/.exec(source)
  const translated = source
    .slice(flags?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, String.raw`\k<$1>`)
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(String.raw`\Z`, '$')
  return { source: translated, ignoreCase: flags?.[1]?.includes('i') === true }
}
