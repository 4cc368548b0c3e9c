import type { ClientChannel } from 'ssh2'
import { hangUp } from './hang-up.ts'
import type { LoggedIn } from './log-in.ts'
import type { Exit, Wire } from './wire.ts'

/** A shell in a channel of ssh2. */
export function ssh2Wire({ client, stream }: LoggedIn, channel: ClientChannel): Wire {
  const write = (text: string): void => {
    stream.cork()
    channel.write(text)
    stream.uncork()
  }
  return {
    listen: ({ output, errors, ended, lost }) => {
      let exit: Exit = null
      client.on('error', (error) => lost(error.message))
      client.on('close', () => lost('the connection was closed'))
      channel.on('data', output)
      channel.stderr.on('data', errors)
      channel.on('exit', (code: number | null, name?: string) => (exit = { code, signal: name ?? null }))
      channel.on('close', () => ended(exit))
      // A write to a shell that is gone ends here; the channel's close tells the story.
      channel.on('error', () => {})
      channel.stderr.on('error', () => {})
    },
    write,
    answer: write,
    hangUp: (manner) => hangUp(client, stream, manner),
  }
}
