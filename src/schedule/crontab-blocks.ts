import { UsageError } from '../problem.ts'

/** A job of ours in a crontab, between its two marks. */
export interface CrontabBlock {
  readonly name: string
  /** What the comment on it says: command and playbook. */
  readonly title: string
  /** The line that cron reads; empty where somebody has taken it out. */
  readonly line: string
}

/** A job as it stands in a crontab, each line ended. */
export function renderBlock(name: string, title: string, line: string): string {
  return `${begin(name)}\n# ${title.replaceAll(/[\n\r]/g, ' ')}\n${line}\n${end(name)}\n`
}

function begin(name: string): string {
  return `# conntrackctl ${name}: begin (written by \`conntrackctl schedule\`)`
}

function end(name: string): string {
  return `# conntrackctl ${name}: end`
}

/** The jobs of ours in the text of a crontab. Throws UsageError where a mark lacks its counterpart. */
export function readBlocks(text: string): readonly CrontabBlock[] {
  return spansOf(text).map(({ name, from, to }) => {
    const [, ...lines] = text.slice(from, to).split('\n')
    return {
      name,
      title: lines.find((line) => line.startsWith('# '))?.slice(2) ?? '',
      line: lines.find((line) => line !== '' && !line.startsWith('#')) ?? '',
    }
  })
}

/**
 * The crontab with this block in it, at the place of the one of that name, or at the end. Everything else stays byte
 * for byte. `block` null takes it out. Throws UsageError where a mark lacks its counterpart.
 */
export function putBlock(text: string, name: string, block: string | null): string {
  const span = spansOf(text).find((one) => one.name === name)
  if (span !== undefined) return `${text.slice(0, span.from)}${block ?? ''}${text.slice(span.to)}`
  if (block === null) return text
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${block}`
}

interface Span {
  readonly name: string
  /** Offsets of the first character and behind the last one. */
  readonly from: number
  readonly to: number
}

function spansOf(text: string): readonly Span[] {
  const spans: Span[] = []
  let open: { name: string; from: number; line: number } | null = null
  let from = 0
  for (const [index, line] of text.split('\n').entries()) {
    const [, name = '', mark] = /^# conntrackctl ([A-Za-z0-9_-]+): (begin|end)(?: |$)/.exec(line) ?? []
    if (mark !== undefined && (mark === 'begin') !== (open === null)) throw broken(open?.line ?? index + 1)
    if (mark === 'begin') open = { name, from, line: index + 1 }
    if (mark === 'end' && open !== null) {
      if (open.name !== name) throw broken(open.line)
      spans.push({ name, from: open.from, to: Math.min(from + line.length + 1, text.length) })
      open = null
    }
    from += line.length + 1
  }
  if (open !== null) throw broken(open.line)
  return spans
}

function broken(line: number): UsageError {
  return new UsageError(
    `line ${line} of the crontab begins or ends a job of conntrackctl, and its counterpart is missing: mend it by hand (crontab -e)`,
  )
}
