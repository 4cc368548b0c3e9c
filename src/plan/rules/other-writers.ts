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
  return {
    findings: writers.flatMap((writer) =>
      writer.writes.length === 0 ? bringing(writer, wish.persist) : findingFor(writer, wished),
    ),
  }
}

/** Somebody who brings the module and writes nothing matters where no file of ours brings it earlier. */
function bringing({ code, name, when, note, cure }: Writer, persist: boolean): readonly Finding[] {
  if (persist) return []
  return [
    { code, severity: 'info', message: `${name} loads the module ${when}. ${withoutStop(note)}`, hint: cure },
  ]
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '')
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
  const fighting = writes.filter((written) =>
    wishedOf(written, wished).some((value) => isFighting(written, value)),
  )
  if (fighting.length === 0) return []
  const values = fighting.map(({ key, value, how, place }) => {
    const where = place === null ? '' : ` (${place.file}:${place.line})`
    const what = value ?? (how === 'default' ? "the kernel's default" : 'what no file tells')
    return `${key} ${how === 'at_least' ? 'to at least' : 'to'} ${what}${where}`
  })
  return [
    {
      code,
      severity: fighting.every(isOfFiles) ? 'info' : 'warning',
      message: `${name} sets ${values.join(', ')}, ${when}${note === '' ? '' : `. ${withoutStop(note)}`}`,
      hint: cure,
    },
  ]
}

/** What is wished of the keys that it writes, which may be all there are: `net.netfilter.nf_conntrack_*`. */
function wishedOf({ key, how }: Written, wished: ReadonlyMap<string, string>): readonly string[] {
  if (!key.endsWith('*')) return [wished.get(key)].filter((value) => value !== undefined)
  const start = key.slice(0, -1)
  return [...wished]
    .filter(([name]) => name.startsWith(start) || (how === 'default' && name === tableKeys.hashsize))
    .map(([, value]) => value)
}

/** Applies it the files of the host, which the playing through of a boot has looked at? */
function isOfFiles({ key, value, how }: Written): boolean {
  return key.endsWith('*') && how === 'sets' && value === null
}

/** Would it leave something else than is wished? What it writes and nobody knows may be anything. */
function isFighting({ value, how }: Written, wished: string): boolean {
  if (value === null) return true
  return how === 'at_least' ? Number(value) > Number(wished) : value !== wished
}
