import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startTerminal } from '../golden/own-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-completion-'))
writeFileSync(
  join(folder, 'conntrackctl'),
  `#!/bin/sh\nexec '${process.execPath}' '${process.cwd()}/dist/cli.js' "$@"\n`,
)
chmodSync(join(folder, 'conntrackctl'), 0o755)
writeFileSync(join(folder, 'hosts.ini'), '[web]\nweb01\nweb02\n[db]\ndb01\n')
writeFileSync(join(folder, 'prevent.yml'), '')
const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, TERM: 'xterm' }
afterAll(() => rmSync(folder, { recursive: true }))

function run(program: string, words: readonly string[]): string[] {
  return execFileSync(program, words, { env, cwd: folder, encoding: 'utf8' }).trim().split('\n')
}

/** As readline hands them over: split at blanks, = and :. */
function bash(line: string): string[] {
  const words = line.split(/(?<=[ =:])|(?=[ =:])/).filter((word) => word !== ' ')
  if (line.endsWith(' ')) words.push('')
  const list = words.map((word) => `'${word}'`).join(' ')
  const script = `source <(conntrackctl completion bash); COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _conntrackctl; printf '%s\\n' "\${COMPREPLY[@]}"`
  return run('bash', ['--norc', '-c', script])
}

test('bash', () => {
  expect(bash('conntrackctl ap')).toEqual(['apply'])
  expect(bash('conntrackctl apply --output=j')).toEqual(['json', 'jsonl', 'junit'])
  expect(bash('conntrackctl apply prevent.yml -i hosts.ini -l web:!d')).toEqual(['!db', '!db01'])
  expect(bash('conntrackctl completion --ans')).toEqual([''])
})

test('bash, at a terminal of its own: files with blanks, quotes, and the inventory of ansible.cfg', async () => {
  writeFileSync(join(folder, 'ansible.cfg'), '[defaults]\ninventory = hosts.ini\n')
  writeFileSync(join(folder, 'with blank.yml'), '')
  const setting = Object.entries(env).map(([name, value]) => `${name}='${value}'`)
  const { press, type, until } = startTerminal(
    folder,
    `cd '${folder}'; exec env -i ${setting.join(' ')} PS1='$ ' bash --norc --noprofile -i`,
  )
  type('source <(conntrackctl completion bash); echo is-$((40+2))')
  press('Enter')
  await until(/^is-42/m)
  for (const [typed, completed] of [
    ['conntrackctl apply wi', /apply with\\ blank\.yml/],
    ["conntrackctl apply 'with b", /apply 'with blank\.yml'/],
    ["conntrackctl check 'web:d", /check 'web:db/],
    ['conntrackctl check -l @f', /-l @failed/],
    ['conntrackctl check --rerun failed@la', /--rerun failed@last/],
  ] as const) {
    press('C-u', 'C-l')
    type(typed)
    press('Tab')
    await until(completed)
  }
})

test('fish', () => {
  const fish = (line: string) =>
    run('fish', ['--no-config', '-c', `conntrackctl completion fish | source; complete -C '${line}'`])
  expect(fish('conntrackctl ap')).toEqual([expect.stringMatching(/^apply\tchange what differs/)])
  expect(fish('conntrackctl apply prevent.yml -i hosts.ini -l we')).toEqual([
    'web\tgroup',
    'web01\thost',
    'web02\thost',
  ])
  expect(fish('conntrackctl apply pre')).toEqual([expect.stringMatching(/^prevent\.yml/)])
})

test('zsh, at a terminal of its own', () => {
  writeFileSync(
    join(folder, 'ask.zsh'),
    `zmodload zsh/zpty
zpty -b shell zsh -f -i
type() { zpty -w -n shell "$1"; }
expect() { local seen; local -F until=$((SECONDS + 90)); while (( SECONDS < until )); do if zpty -r -t shell part; then seen+=$part; [[ $seen == *$1* ]] && return 0; else sleep 0.1; fi; done; print -r -- "no $1 in: $seen"; return 1; }
typeset -F SECONDS=0
type $'PS1=ready; autoload -Uz compinit; compinit -u -D; source <(conntrackctl completion zsh); print is-$((40+2))\\n'
expect is-42 || exit 1
type $'conntrackctl ap\\t'
expect 'conntrackctl apply' || exit 1
type $'prevent.yml -i hosts.ini -l d\\t\\t'
expect db01 || exit 1
type $'\\x15conntrackctl apply pre\\t'
expect 'vent.yml' || exit 1
print all-found
zpty -d shell
`,
  )
  expect(run('zsh', ['-f', 'ask.zsh'])).toEqual(['all-found'])
})
