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
  ])('%j: %j', async (line, expected) => {
    expect(await complete(line)).toEqual(expected)
  })

  test('every command is offered, with what it does', async () => {
    const found = await completeWords(program, [''], lookup)
    const words = found.kind === 'words' ? found.words : []
    for (const command of program.commands) expect(words.map(({ word }) => word)).toContain(command.name())
    for (const { meaning } of words) expect(meaning).not.toBe('')
  })
})
