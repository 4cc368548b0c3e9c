import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** A real terminal of 100 columns, in which a shell runs a command. It goes when the test ends. */
export interface OwnTerminal {
  /** What is on the screen now. */
  readonly see: () => string
  /** Everything that was on it since the beginning. */
  readonly seeAll: () => string
  /** Keys by their names in tmux, such as `Enter` or `C-c`. */
  readonly press: (...keys: string[]) => void
  readonly type: (text: string) => void
  /** The screen once `what` is on it. */
  readonly until: (what: RegExp) => Promise<string>
}

let started = 0

/** `folder`: for its socket and what the shell reads; `rows` of the screen. */
export function startTerminal(folder: string, command: string, rows = 20): OwnTerminal {
  started += 1
  const own = join(folder, `terminal-${process.pid}-${started}`)
  const tmux = (...words: string[]): string => {
    const { stdout, error } = spawnSync('tmux', ['-S', own, '-f', '/dev/null', ...words], {
      encoding: 'utf8',
    })
    if (error !== undefined) throw error
    return stdout
  }
  writeFileSync(`${own}.sh`, `${command}\nsleep 600\n`)
  onTestFinished(() => void tmux('kill-server'))
  tmux('new-session', '-d', '-x', '100', '-y', String(rows), `exec sh '${own}.sh'`)
  const see = (): string => tmux('capture-pane', '-p')
  return {
    see,
    // Lines as they were written, however wide the screen.
    seeAll: () => tmux('capture-pane', '-p', '-J', '-S', '-'),
    press: (...keys) => void tmux('send-keys', ...keys),
    type: (text) => void tmux('send-keys', '-l', text),
    until: async (what) => {
      const deadline = Date.now() + 45_000
      while (Date.now() < deadline) {
        const seen = see()
        if (what.test(seen)) return seen
        await setTimeout(100)
      }
      throw new Error(`${what} is never seen, but\n${see()}`)
    },
  }
}
