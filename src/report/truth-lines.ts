import type { BootTruth, KeyTruth, Truths } from '../plan/truths.ts'
import { printable } from '../printable.ts'
import type { EntryStyle } from './entry-style.ts'
import { foldTexts } from './fold-texts.ts'
import type { HostResult } from './host-result.ts'
import { wrap } from './wrap.ts'

/** Keys that are named one by one before the rest is counted. */
const mostKeys = 3

/** Ways of saying one thing about hosts that share an entry. */
const mostVariants = 3

/** The five truths of `verify` about hosts that share an entry, a line each; none where it was not asked. */
export function truthLines(
  hosts: readonly HostResult[],
  { paint, width, isVerbose }: Pick<EntryStyle, 'paint' | 'width' | 'isVerbose'>,
): string[] {
  const truths = hosts.flatMap((host) => (host.truths === undefined ? [] : [host.truths]))
  if (truths.length === 0) return []
  const rows: readonly (readonly [name: string, tell: (truths: Truths) => string])[] = [
    ['live', ({ live }) => liveText(live, isVerbose)],
    ['at boot', ({ boot }) => bootText(boot, isVerbose)],
    ['module', moduleText],
    ['hashsize', hashsizeText],
    ['symptoms', symptomsText],
  ]
  return rows.flatMap(([name, tell]) =>
    variants(truths.map(tell)).flatMap((text) =>
      wrap(printable(text), width, `  ${name.padEnd(9)} `).map((line) => paint(line, 'dim')),
    ),
  )
}

/** Texts that differ in their numbers only are one, with ranges; the commonest first, with how many hosts it is true of. */
function variants(texts: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const text of texts) {
    const shape = text.replaceAll(/\d+/g, '#')
    const group = groups.get(shape)
    if (group === undefined) groups.set(shape, [text])
    else group.push(text)
  }
  const ordered = [...groups.values()].toSorted((one, other) => other.length - one.length)
  if (ordered.length === 1) return [foldTexts(texts) ?? '']
  const shown = ordered.slice(0, mostVariants)
  const rest = ordered.slice(mostVariants).reduce((sum, { length }) => sum + length, 0)
  return [
    ...shown.map((group) => `${foldTexts(group) ?? ''} (${group.length} of ${texts.length} hosts)`),
    ...(rest === 0 ? [] : [`and otherwise on ${rest} more ${rest === 1 ? 'host' : 'hosts'}: -v shows all`]),
  ]
}

function liveText(live: readonly KeyTruth[], isVerbose: boolean): string {
  const wrong = live.filter((truth) => !truth.as_wished)
  if (wrong.length === 0) return `as wished: ${listed(live.map(valueText), isVerbose)}`
  return `${wrong.length} of ${live.length} not as wished: ${listed(wrong.map(differenceText), isVerbose)}`
}

function bootText(boot: readonly BootTruth[], isVerbose: boolean): string {
  const unknown = boot.filter(({ known }) => !known)
  const wrong = boot.filter(({ known, as_wished: isAsWished }) => known && !isAsWished)
  const parts = [
    ...(wrong.length === 0 ? [] : [`not as wished: ${listed(wrong.map(withPlace), isVerbose)}`]),
    ...(unknown.length === 0
      ? []
      : [
          `not known: ${listed(
            unknown.map(({ key }) => shortKey(key)),
            isVerbose,
          )}`,
        ]),
  ]
  if (parts.length > 0) return parts.join('; ')
  const files = [...new Set(boot.flatMap(({ decided_by: place }) => (place === null ? [] : [fileOf(place)])))]
  const deciders = files.length === 0 ? '' : `; the last word has ${files.join(', ')}`
  const keys =
    isVerbose || boot.length <= 1 ? boot.map(withPlace).join(', ') : `all ${boot.length} keys${deciders}`
  return `as wished: ${keys}`
}

function moduleText({ module }: Truths): string {
  const now = { loaded: 'loaded', builtin: 'part of the kernel', absent: 'not loaded' }[module.now]
  const later = {
    builtin: 'always there',
    before_sysctl: 'there before the sysctls are set',
    after_sysctl: 'there only after the sysctls are set',
    never: 'not loaded by anybody',
    not_known: 'not known',
  }[module.at_boot]
  return `${now}; at boot ${later}${module.why === '' ? '' : `: ${module.why}`}`
}

function hashsizeText({ hashsize: { wished, live } }: Truths): string {
  if (live === null) return 'not known'
  if (wished === null) return `${live} buckets; the play wishes no other`
  return wished === live ? `${live} buckets, as asked` : `${live} buckets; asked for ${wished}`
}

function symptomsText({ symptoms }: Truths): string {
  const { since, headroom_percent: headroom } = symptoms
  const counts = [
    ['dropped', symptoms.drop],
    ['early-dropped', symptoms.early_drop],
    ['inserts failed', symptoms.insert_failed],
    ['lost to long chains', symptoms.chainlength],
  ] as const
  const told = counts.map(([name, count]) => `${count ?? 'not known:'} ${name}`)
  const room = headroom === null ? 'headroom not known' : `${headroom} % of max free`
  return `since ${since === 'boot' ? 'boot' : `run ${since}`}: ${told.join(', ')}; ${room}`
}

function listed(texts: readonly string[], isVerbose: boolean): string {
  const shown = isVerbose ? texts : texts.slice(0, mostKeys)
  const more = texts.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function valueText({ key, value }: KeyTruth): string {
  return `${shortKey(key)} ${value ?? 'not there'}`
}

function differenceText({ key, value, wished }: KeyTruth): string {
  return `${shortKey(key)} is ${value ?? 'not there'}, not ${wished}`
}

function withPlace(truth: BootTruth): string {
  const place = truth.decided_by === null ? '' : ` (${truth.decided_by})`
  return `${truth.as_wished ? valueText(truth) : differenceText({ ...truth, value: truth.value ?? 'what the kernel chooses' })}${place}`
}

function shortKey(key: string): string {
  return key.replace(/^net\.netfilter\.(?=nf_conntrack)/, '')
}

function fileOf(place: string): string {
  return place.slice(0, place.lastIndexOf(':'))
}
