import type { HostFacts } from '../host/facts.ts'
import type { Place } from '../kernel/boot/boot-prediction.ts'
import { commentOut, isOneLine, withoutHashsize } from '../kernel/boot/comment-out.ts'
import { isOurFile } from '../kernel/our-files.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { systemAtBoot } from './system-at-boot.ts'
import type { Finding } from './change.ts'
import { predictOnce } from './predict-once.ts'
import type { SizedWish } from './size-wish.ts'
import { isAsWished, wishedAtBoot } from './wished-at-boot.ts'

/** How one file of somebody else is to be edited. */
interface Edit {
  readonly before: string
  readonly after: string
  /** `line 3 (net.netfilter.nf_conntrack_max = 1000)`, in the order of the file. */
  readonly what: readonly string[]
}

/** What `conflicts: override` comes to on a host. */
export interface Overrides {
  readonly edits: ReadonlyMap<string, Edit>
  /** Lines that ought to go and cannot be edited. */
  readonly refused: readonly Finding[]
}

const none: Overrides = { edits: new Map(), refused: [] }

/** Lines that win once others are gone are found by playing the boot again, so many times at most. */
const mostRounds = 5

/** Each line of others below /etc that sets a wished key otherwise, taken out of use. */
export function overridesOf(wish: SizedWish, facts: HostFacts): Overrides {
  if (!wish.persist || wish.conflicts !== 'override') return none
  let found = new Map<string, Conflict>()
  for (let round = 0; round < mostRounds; round += 1) {
    const { edits } = editsFor([...found.values()], facts)
    const fresh = conflictsLeft(wish, facts, edits).filter(({ id }) => !found.has(id))
    if (fresh.length === 0) break
    found = new Map([...found, ...fresh.map((conflict) => [conflict.id, conflict] as const)])
  }
  return editsFor([...found.values()], facts)
}

interface Conflict extends Place {
  /** Of the line. */
  readonly id: string
  /** The canonical key, or `hashsize`. */
  readonly key: string
  readonly value: string
}

/** The lines of others that would set something else, or mean to. */
function conflictsLeft(wish: SizedWish, facts: HostFacts, edits: Overrides['edits']): readonly Conflict[] {
  const prediction = predictOnce(systemAtBoot(wish, facts, edits))
  const conflicts: Conflict[] = []
  for (const [key, wished] of wishedAtBoot(wish, facts)) {
    const left = prediction.keys.get(key)
    if (left === undefined) continue
    const lines = [
      ...(left.decidedBy === null ? [] : [{ ...left.decidedBy, value: left.value ?? '' }]),
      ...left.losers,
    ]
    for (const { file, line, value } of lines) {
      // Line 0 is a whole file that could not be read.
      if (line === 0 || isOurFile(file) || isAsWished(key, value, wished, facts)) continue
      conflicts.push({ id: `${file}:${line}:${key}`, file, line, key, value })
    }
  }
  return conflicts
}

function editsFor(conflicts: readonly Conflict[], facts: HostFacts): Overrides {
  const edits = new Map<string, Edit>()
  const refused: Finding[] = []
  for (const file of new Set(conflicts.map((conflict) => conflict.file))) {
    const ofFile = conflicts.filter((conflict) => conflict.file === file)
    const state = facts.files.get(file)
    if (state?.state !== 'present' || state.text.includes('\uFFFD')) {
      refused.push(...ofFile.map((conflict) => cannotEdit(conflict, whyNot(file, state))))
      continue
    }
    const texts = state.text.split('\n')
    const sound = ofFile.filter((conflict) => {
      const fault = lineFault(texts[conflict.line - 1], conflict)
      if (fault !== null) refused.push(cannotEdit(conflict, fault))
      return fault === null
    })
    if (sound.length === 0) continue
    const ordered = sound.toSorted((one, other) => one.line - other.line)
    edits.set(file, {
      before: state.text,
      after: edited(file, state.text, ordered),
      what: [...new Set(ordered.map(({ line }) => line))].map((line) => describe(line, ordered)),
    })
  }
  return { edits, refused }
}

function edited(file: string, text: string, conflicts: readonly Conflict[]): string {
  const lines = new Set(conflicts.map(({ line }) => line))
  if (!isModprobeFile(file)) return commentOut(text, lines)
  return text
    .split('\n')
    .map((line, index) => (lines.has(index + 1) ? (withoutHashsize(line) ?? line) : line))
    .join('\n')
}

/** A hashsize there decides both: max becomes eight times the buckets when the module is loaded. */
function isModprobeFile(file: string): boolean {
  return /\/modprobe\.(d\/|conf$)/.test(file)
}

/** `line 3 (net.netfilter.nf_conntrack_max = 1000)`; of a module's option, the option. */
function describe(line: number, conflicts: readonly Conflict[]): string {
  const ofLine = conflicts.filter((conflict) => conflict.line === line)
  const shown = ofLine.find(({ key }) => key === tableKeys.hashsize) ?? ofLine[0]
  return `line ${line} (${shown?.key} = ${shown?.value})`
}

/** Why a line cannot be taken out of use by itself; null when it can. */
function lineFault(text: string | undefined, { file }: Conflict): string | null {
  if (text === undefined) return 'the file has changed while it was read'
  if (!isOneLine(text)) return 'it holds a CR or NUL in its middle'
  if (isModprobeFile(file))
    return /^\s*options\s/.test(text) && withoutHashsize(text) !== null
      ? null
      : 'it is no `options` line that stands by itself'
  const [assigned = ''] = text.split('=')
  return /[*?[]/.test(assigned) ? 'it sets more keys than this one' : null
}

function whyNot(file: string, state: ReturnType<HostFacts['files']['get']>): string {
  if (!file.startsWith('/etc/')) return 'only files below /etc are edited'
  if (state?.state !== 'strange') return 'what stands in it could not be read whole'
  return {
    link: 'it is a symbolic link',
    not_a_file: 'it is not a regular file',
    unreadable: 'it is not readable',
    too_long: 'it is longer than 64 KiB or 5000 lines',
    not_text: 'it is not text',
  }[state.why]
}

function cannotEdit({ file, line, key, value }: Conflict, why: string): Finding {
  return {
    code: 'conflict-not-overridden',
    severity: 'warning',
    message: `${file}:${line} sets ${key} to ${value}, and was not commented out: ${why}`,
    hint: 'Remove that line by hand, or wish the same value.',
  }
}
