import { tableKeys } from '../kernel/table-keys.ts'
import { findTunable } from '../kernel/tunables.ts'
import { formatDuration } from '../playbook/duration.ts'
import { printable } from '../printable.ts'
import type { Sorted, Taken } from './sort-settings.ts'

/** A playbook with what was taken, each with the line it comes from, and comments on what was not. */
export function renderImported({ taken, left }: Sorted, files: readonly string[], hosts: string): string {
  const named = files.map(printable).join(', ')
  const at = (section: Section): readonly Taken[] => taken.filter((one) => sectionOf(one) === section)
  const table = [
    ...at('max').flatMap((one) => row(one, '    ', 'max', one.value)),
    ...at('hashsize').flatMap((one) => row(one, '    ', 'hashsize', one.value)),
    ...block('    timeouts:', at('timeouts'), (one) => formatDuration(Number(one.value))),
    ...block('    options:', at('options'), optionValue),
  ]
  const neighbours = at('sysctl').flatMap((one) => row(one, '    ', one.setting.canonical, scalar(one.value)))
  return [
    `# Made of ${named} by conntrackctl import. Read it, take out what does not belong to these hosts, and plan it first.`,
    `- name: ${JSON.stringify(`Settings of ${named}`)}`,
    `  hosts: ${JSON.stringify(hosts)}`,
    ...(table.length === 0 ? [] : ['  conntrack:', ...table]),
    ...(neighbours.length === 0 ? [] : ['  sysctl:', ...neighbours]),
    ...(left.length === 0 ? [] : ['', '# Not taken:']),
    ...left.map(({ line, why }) =>
      comment(`  ${line.file}:${line.line}:${line.column}: ${line.text.slice(0, 200)} (${why})`),
    ),
    '',
  ].join('\n')
}

type Section = 'max' | 'hashsize' | 'timeouts' | 'options' | 'sysctl'

function sectionOf({ setting: { canonical } }: Taken): Section {
  if (canonical === tableKeys.max) return 'max'
  if (canonical === tableKeys.hashsize || canonical === tableKeys.buckets) return 'hashsize'
  const area = findTunable(canonical)?.area
  return area === 'timeout' ? 'timeouts' : area === 'option' ? 'options' : 'sysctl'
}

function block(head: string, all: readonly Taken[], value: (one: Taken) => string): readonly string[] {
  if (all.length === 0) return []
  return [
    head,
    ...all.flatMap((one) =>
      row(one, '      ', findTunable(one.setting.canonical)?.shortName ?? '', value(one)),
    ),
  ]
}

function row(
  { setting: { file, line }, remarks }: Taken,
  indent: string,
  key: string,
  value: string,
): readonly string[] {
  const remark = [`${file}:${line}`, ...remarks].join('; ')
  return [`${indent}${comment(remark)}`, `${indent}${key}: ${value}`]
}

/** Nothing of a file may end a comment. */
function comment(text: string): string {
  return `# ${printable(text)}`
}

function optionValue({ setting: { canonical }, value }: Taken): string {
  return findTunable(canonical)?.unit === 'switch' ? String(value === '1') : value
}

function scalar(value: string): string {
  return /^-?(?:0|[1-9]\d*)$/.test(value) ? value : JSON.stringify(value)
}
