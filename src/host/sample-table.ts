import { randomBytes } from 'node:crypto'
import { HostFailure } from '../ssh/failure.ts'
import type { Marks, Session } from '../ssh/session.ts'
import { loadScript } from './load-script.ts'
import { parseTableSample, type TableSample } from './table-sample.ts'

const definitions = loadScript('watch.sh')

/**
 * Reads the table over one session as often as it is called: the first time sends the script, every other time only
 * some forty bytes that call it. Null: there is no table. Throws HostFailure.
 */
export function tableSampler(session: Session): () => Promise<TableSample | null> {
  let isKnown = false
  return async () => {
    const marks = shortMarks()
    // One line is whole or nothing, as a compound command is.
    const call = `tick ${marks.begin} ${marks.end}`
    const script = isKnown ? `${call}\n` : `{\n${definitions}}\n${call}\n`
    const sample = parseTableSample(inside(await session.exchange(script, marks, 'read')))
    isKnown = true
    if (sample !== undefined) return sample
    throw new HostFailure(
      'command',
      'read',
      'the host did not tell how full its table is',
      'look whether /proc/sys/net/netfilter/nf_conntrack_count can be read there',
    )
  }
}

/** Random, so that nothing left over from an earlier call can pass for an answer; short, since each tick carries them. */
function shortMarks(): Marks {
  const word = randomBytes(5).toString('hex')
  return { begin: `B${word}`, end: `E${word}` }
}

function inside(text: string): string {
  return text.slice(0, text.lastIndexOf('\nE') + 1)
}
