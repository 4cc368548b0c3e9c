import { pythonRegex } from '../jinja/python-regex.ts'

/**
 * Compiles a regular expression of Python, as far as JavaScript has the same, into a test that must
 * match from the start of a name but not to its end (`re.match`). Null when it is none.
 */
export function compileRegex(written: string): ((name: string) => boolean) | null {
  const { source, ignoreCase } = pythonRegex(written)
  try {
    const regex = new RegExp(`^(?:${source})`, ignoreCase ? 'i' : '')
    return (name) => regex.test(name)
  } catch {
    return null
  }
}
