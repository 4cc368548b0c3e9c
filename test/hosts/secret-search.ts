import { expect } from 'vitest'

/** Something that a run left behind or showed, and where. */
export type Trace = readonly [place: string, text: string]

/** Forms in which a secret could come back: as it is, in JSON, twice and thrice so, in XML, base64, an address, a shell's word. */
function formsOf(secret: string): ReadonlySet<string> {
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
  const json = inJson(secret)
  return new Set([
    ...[secret, json, inJson(json), inJson(inJson(json)), encodeURIComponent(secret)],
    secret.replaceAll('"', '&quot;'),
    ...[secret, `${secret}\n`, `tess:${secret}`].map((form) => Buffer.from(form).toString('base64')),
    secret.replaceAll(/[^\w]/g, String.raw`\$&`),
  ])
}

/** Where the secrets stand, in whatever form. */
export function findingsIn(traces: readonly Trace[], secrets: readonly string[]): readonly string[] {
  return secrets
    .flatMap((secret) => [...formsOf(secret)])
    .flatMap((form) => traces.filter(([, shown]) => shown.includes(form)))
    .map(([place, shown]) => `${place}: ${shown.slice(0, 2000)}`)
}

/** None of the secrets stands in any of the traces, in whatever form. Prints what was searched. */
export function expectNoSecrets(traces: readonly Trace[], secrets: readonly string[]): void {
  // The search does find what there is.
  for (const secret of secrets)
    expect(findingsIn([...traces, ['planted', `x${JSON.stringify(secret)}`]], secrets)).not.toEqual([])
  const findings = findingsIn(traces, secrets)
  const kinds = new Map<string, number>()
  for (const [place] of traces) kinds.set(place, (kinds.get(place) ?? 0) + 1)
  const bytes = traces.reduce((sum, [, shown]) => sum + shown.length, 0)
  const where = [...kinds].map(([place, count]) => `${count} × ${place}`).join(', ')
  console.log(
    `${secrets.length} secrets, searched for in ${traces.length} places (${bytes} characters: ${where}): ${findings.length} findings`,
  )
  expect(findings).toEqual([])
}
