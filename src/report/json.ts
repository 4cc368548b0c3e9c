import type { RunResult } from './host-result.ts'
import { jsonText } from './json-text.ts'

/** The result of a run as the JSON of `--output json`: one document, one host a line so that `grep` and `diff` work. */
export function renderJson(result: RunResult): string {
  return [...jsonPieces(result)].join('')
}

/** The same text in pieces, a host each: what writes a fleet of thousands holds one of them at a time. */
export function* jsonPieces(result: RunResult): Generator<string> {
  const { version, run, command, playbook, started, finished, hosts, totals, notes } = result
  let separator = '{\n'
  const head = { version, run, command, playbook, started, finished }
  for (const [key, value] of Object.entries(head)) {
    yield `${separator}  ${jsonText(key)}: ${jsonText(value)}`
    separator = ',\n'
  }
  yield `${separator}  "hosts": [`
  for (const [index, host] of hosts.entries()) yield `${index === 0 ? '' : ','}\n    ${jsonText(host)}`
  yield `${hosts.length === 0 ? '' : '\n  '}],\n  "totals": ${jsonText(totals)}`
  if (notes !== undefined && notes.length > 0) yield `,\n  "notes": ${jsonText(notes)}`
  yield '\n}\n'
}
