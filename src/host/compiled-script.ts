import { quote } from '../ssh/quote.ts'
import { loadScript } from './load-script.ts'

const functions = ['probe.sh', 'guard.sh', 'apply.sh', 'compiled.sh'].map(loadScript).join('')
const undo = loadScript('undo.sh')
const standBy = loadScript('stand-by.sh')

/** What a compiled script says of itself. */
export interface Origin {
  readonly playbook: string
  readonly host: string
  readonly version: string
  /** ISO 8601. */
  readonly compiled: string
}

/**
 * One script for sh that brings a host to its wishes without a controller: the same functions that change a host over
 * SSH, and what works out the difference. `plays` are the lines of each, as compileWish makes them. As with what goes
 * over the wire, a shell runs none of it before it has read the last line.
 */
export function compiledScript(
  plays: readonly { readonly name: string; readonly lines: readonly string[] }[],
  { playbook, host, version, compiled }: Origin,
): string {
  const about = `Made of ${playbook} for ${host} by conntrackctl ${version}, ${compiled}.`
  return [
    '#!/bin/sh',
    `# ${oneLine(about)}`,
    '# Brings this host to its settings for conntrack, all or nothing, and reads them again: see --help.',
    '# It needs no conntrackctl. Change the playbook and compile anew; do not edit this.',
    '{',
    `${functions}about=${quote(about)}`,
    `undo_functions=${quote(undo)}`,
    `stand_by_program=${quote(standBy)}`,
    `plays=${quote(plays.map((_, index) => `play_${index + 1}`).join(' '))}`,
    ...plays.flatMap(({ name, lines }, index) => [
      `# ${oneLine(name)}`,
      `play_${index + 1}() {`,
      ...lines,
      '}',
    ]),
    'main "$@"',
    '}',
    '',
  ].join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
}
