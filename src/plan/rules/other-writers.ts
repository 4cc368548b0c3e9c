import { otherWriters as findWriters } from '../../kernel/boot/writers.ts'
import type { Writer, Written } from '../../kernel/boot/writers/writer.ts'
import { tableKeys } from '../../kernel/table-keys.ts'
import type { Finding } from '../change.ts'
import type { Rule } from '../rule.ts'
import type { SizedWish } from '../size-wish.ts'

/** Names whoever else writes what is wished to be otherwise, with what, when, and what to do about it. */
export const otherWriters: Rule = (wish, facts) => {
  if (facts.writers === null) return {}
  const wished = wishedValues(wish)
  const writers = findWriters({ ...facts.writers, cores: facts.cores, services: facts.boot.services })
  return { findings: writers.flatMap((writer) => findingFor(writer, wished)) }
}

function wishedValues({ max, buckets, sysctls }: SizedWish): ReadonlyMap<string, string> {
  return new Map([
    ...(max === undefined ? [] : [[tableKeys.max, String(max)] as const]),
    ...(buckets === undefined ? [] : [[tableKeys.hashsize, String(buckets)] as const]),
    ...sysctls.map(({ key, value }) => [key, value] as const),
  ])
}

function findingFor(
  { code, name, writes, when, note, cure }: Writer,
  wished: ReadonlyMap<string, string>,
): readonly Finding[] {
  const fighting = writes.filter((written) => isFighting(written, wished.get(written.key)))
  if (fighting.length === 0) return []
  const values = fighting.map(({ key, value, how, place }) => {
    const where = place === null ? '' : ` (${place.file}:${place.line})`
    return `${key} ${how === 'at_least' ? 'to at least' : 'to'} ${value ?? "the kernel's default"}${where}`
  })
  return [
    {
      code,
      severity: 'warning',
      message: `${name} sets ${values.join(', ')}, ${when}${note === '' ? '' : `. ${note.replace(/\.$/, '')}`}`,
      hint: cure,
    },
  ]
}

/** Would it leave something else than is wished? What it writes and nobody knows may be anything. */
function isFighting({ value, how }: Written, wished: string | undefined): boolean {
  if (wished === undefined) return false
  if (value === null) return true
  return how === 'at_least' ? Number(value) > Number(wished) : value !== wished
}
