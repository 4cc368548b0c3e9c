import { createContext, Script } from 'node:vm'
import { pythonRegex } from './python-regex.ts'
import { Unfillable } from './value.ts'

/**
 * An expression may take for ever on a text that nearly matches: a clock ends it. Nothing but texts goes in. It is the
 * clock of the wall, so it leaves room for a machine that is busy with other things.
 */
const milliseconds = 2000
const context = createContext(Object.create(null) as object, {
  codeGeneration: { strings: false, wasm: false },
})
const replacing = new Script('text.replace(new RegExp(source, flags), replacement)')
const searching = new Script('JSON.stringify([...(new RegExp(source, flags).exec(text) ?? [])])')

/** Python's `re.sub`; `\1` and `\g<name>` stand for groups. Throws Unfillable. */
export function regexReplace(text: string, source: string, replacement: string, ignoreCase: boolean): string {
  const written = replacement
    .replaceAll('$', '$$$$')
    .replaceAll(/\\g<(\w+)>/g, (_all, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`))
    .replaceAll(/\\(\d{1,2})/g, '$$$1')
  return String(run(replacing, { ...compiled(source, ignoreCase, 'g'), text, replacement: written }))
}

/** The whole match and its groups; empty where nothing matches. Throws Unfillable. */
export function regexSearch(text: string, source: string, ignoreCase: boolean): readonly string[] {
  return JSON.parse(String(run(searching, { ...compiled(source, ignoreCase, ''), text }))) as string[]
}

function compiled(source: string, ignoreCase: boolean, flags: string): { source: string; flags: string } {
  const python = pythonRegex(source)
  return { source: python.source, flags: flags + (ignoreCase || python.ignoreCase ? 'i' : '') }
}

function run(script: Script, given: Readonly<Record<string, string>>): unknown {
  Object.assign(context, given)
  try {
    return script.runInContext(context, { timeout: milliseconds })
  } catch (error) {
    // Not instanceof: an error of the other context is none of ours.
    const isLate = (error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    throw new Unfillable(
      isLate
        ? `a regular expression has not ended after ${milliseconds} ms`
        : `${JSON.stringify(given['source'])} is not a regular expression`,
    )
  }
}
