import { originalOf } from '../kernel/backup.ts'
import type { Change, RuleCommands } from '../plan/change.ts'
import { loadProgram } from './load-script.ts'
import { ruleCommands } from './rule-commands.ts'
import { quote } from '../ssh/quote.ts'
import type { Call } from './script.ts'

/**
 * The calls of apply.sh that make these changes: files are staged first, where a full disk shows, then
 * the changes follow in their order, each under its number in the list, counted from 1.
 */
export function changeCalls(changes: readonly Change[]): readonly Call[] {
  const numbered = changes.map((change, index) => ({ change, number: String(index + 1) }))
  const live = changes.filter((change) => change.kind === 'live' && change.before !== null)
  const staged = numbered.filter(({ change }) => change.kind === 'file' && change.after !== null)
  const removed = numbered.filter(({ change }) => change.kind === 'file' && change.after === null)
  return [
    ...(live.length === 0 ? [] : [guard(live)]),
    ...staged.map(({ change, number }): Call => [
      'stage_file',
      number,
      change.path,
      ...stateOf(change),
      change.after ?? '',
      originalOf(change.path) ?? '',
      change.attributes ?? '',
    ]),
    ...removed.map(({ change, number }): Call => ['check_file', number, change.path, ...stateOf(change)]),
    ...(staged.length === 0 ? [] : [['flush_staged', staged[0]?.number ?? '1'] as const]),
    ...(changes.some(({ kind }) => kind === 'drain') ? [deleters] : []),
    ...numbered.map(({ change, number }) => callFor(change, number)),
  ]
}

const deleters: Call = ['deleters', loadProgram('delete-entries.pl'), loadProgram('delete-entries.py')]

/** Entries deleted in one run: a thousand in less than 0.3 s leave room in the time limit. */
const mostDrained = '50000'

/** What grep prints of these places when nothing has moved since they were read. */
function guard(live: readonly Change[]): Call {
  const expected = live.map(({ path, before }) => `.${path}:${before ?? ''}`).join('\n')
  return ['values_are_as_planned', expected, ...live.map(({ path }) => `.${path}`)]
}

function stateOf({ before }: Change): readonly [string, string] {
  return before === null ? ['missing', ''] : ['present', before]
}

function callFor(change: Change, number: string): Call {
  const { kind, path, before, after } = change
  switch (kind) {
    case 'live':
      return ['put_value', number, path, before ?? '', after ?? '']
    case 'file':
      return [after === null ? 'remove_file' : 'commit_file', number, path]
    case 'module':
      return after === null ? ['make_rule', number, `rmmod ${quote(path)}`] : ['load_module', number, path]
    case 'drain': {
      const [filter = '', given = '0'] = path.split(' ')
      return ['drain_entries', number, mostDrained, filter, given]
    }
    case 'rule':
      return ['make_rule', number, commandsOf(change).make]
  }
}

/**
 * The calls of undo.sh that put these changes back, the last one first. Each may run at any moment, also when its
 * change was not made, and twice. Values that a module brings are not known yet: the host adds what undoes those.
 */
export function undoCalls(changes: readonly Change[], tag: string, bootId: string): readonly Call[] {
  const numbered = changes.map((change, index) => ({ change, number: String(index + 1) }))
  return [
    ['since_boot', bootId],
    ...numbered.toReversed().flatMap(({ change, number }) => undoCallFor(change, number, tag)),
  ]
}

function undoCallFor(change: Change, number: string, tag: string): readonly Call[] {
  const { kind, path, before, after } = change
  switch (kind) {
    case 'live':
      return before === null ? [] : [['undo_value', number, `.${path}`, before, after ?? '']]
    case 'file': {
      const folder = path.slice(0, path.lastIndexOf('/'))
      return [['undo_file', number, `.${path}`, `.${folder}/.conntrackctl.${tag}.${number}`]]
    }
    case 'module':
      return [after === null ? ['undo_rule', number, `modprobe -i ${quote(path)}`] : ['undo_module', number]]
    // Entries that were deleted stay so: it is said, as of a module.
    case 'drain':
      return [['undo_module', number]]
    case 'rule':
      return [['undo_rule', number, commandsOf(change).undo]]
  }
}

function commandsOf(change: Change): RuleCommands {
  return change.commands ?? ruleCommands(change)
}
