import { describe, expect, test } from 'vitest'
import { completeWords, type Lookup } from '../../../src/commands/completion-words.ts'
import { createProgram } from '../../../src/commands/program.ts'

const program = createProgram({ version: '' } as never, () => {})
const lookup: Lookup = {
  hosts: async (inventories) =>
    inventories.includes('hosts.ini')
      ? [
          { word: 'web', meaning: 'group' },
          { word: 'web01', meaning: 'host' },
          { word: 'db01', meaning: 'host' },
        ]
      : [],
  runs: async () => [{ word: 'last', meaning: 'the newest run' }],
}

async function complete(line: string): Promise<readonly string[] | string> {
  const found = await completeWords(program, line.split(' '), lookup)
  return found.kind === 'words' ? found.words.map(({ word }) => word) : found.kind
}

describe('what may follow', () => {
  test.each([
    ['ap', ['apply']],
    ['nothing-like-it', []],
    ['apply ', 'files'],
    ['apply p.yml ', 'nothing'],
    ['apply --out', ['--output']],
    ['apply -o ', ['text', 'json', 'jsonl', 'junit']],
    ['apply -o j', ['json', 'jsonl', 'junit']],
    ['apply --output=j', ['--output=json', '--output=jsonl', '--output=junit']],
    ['apply -i ', 'files'],
    ['apply --private-key ', 'files'],
    ['apply --state-dir ', 'folders'],
    ['apply p.yml -i hosts.ini -l we', ['web', 'web01']],
    ['apply p.yml -i hosts.ini --limit web:!d', ['web:!db01']],
    ['apply p.yml --inventory=hosts.ini --limit=db', ['--limit=db01']],
    ['apply p.yml -l w', []],
    ['rollback la', ['last']],
    ['runs ', ['last']],
    ['validate a.yml ', 'files'],
    ['import ', 'files'],
    ['apply --allow big', ['big-resize']],
    ['apply --deadline ', 'nothing'],
    ['apply p.yml -i hosts.ini -lwe', ['-lweb', '-lweb01']],
    ['apply p.yml -ihosts.ini -l d', ['db01']],
    ['check -i hosts.ini web:!d', ['web:!db01']],
    ['check -l @f', ['@failed']],
    ['check -l web:!@un', ['web:!@unreachable', 'web:!@unknown']],
    ['apply p.yml --rerun pen', ['pending']],
    ['apply p.yml --rerun=failed@', ['--rerun=failed@last']],
    ['runs -o ', ['text', 'json']],
    ['compile p.yml --output ', 'files'],
    ['schema inv', ['inventory']],
    ['apply --become-password-file ', 'files'],
    ['help va', ['validate']],
    ['--v', ['--version']],
  ])('%j: %j', async (line, expected) => {
    expect(await complete(line)).toEqual(expected)
  })

  /** Numbers, times, names and sentences, which nobody can guess. */
  const free =
    /^--(?:extra-vars|vault-id|shard|forks|workers|queue|runner-timeout|user|become-user|ssh-common-args|timeout|retries|login-timeout|command-timeout|deadline|lock-wait|splay|ping-url|notify-url|notify-command|keep|warn|critical|every|at|when|name|cron-d|zone|interval|for)$/
  const options = program.commands.flatMap((command) =>
    command.options
      .filter(({ required, optional }) => required || optional)
      .map(({ long }) => `${command.name()} ${long}`),
  )
  test.each(options)('%s has an answer, or is free', async (line) => {
    const found = await completeWords(program, [...line.split(' '), '-i', 'hosts.ini', ''], lookup)
    expect(found.kind).toBeDefined()
    const value = await complete(`${line} `)
    expect(value === 'nothing', String(value)).toBe(free.test(line.split(' ')[1] ?? ''))
  })

  test('every command is offered, with what it does', async () => {
    const found = await completeWords(program, [''], lookup)
    const words = found.kind === 'words' ? found.words : []
    for (const command of program.commands) expect(words.map(({ word }) => word)).toContain(command.name())
    for (const { meaning } of words) expect(meaning).not.toBe('')
  })
})
