import { bytesForTable, entriesWithin } from '../kernel/memory.ts'
import { entrySizeOf } from '../plan/targets.ts'
import type { Cure } from './cures.ts'
import type { Picture } from './picture.ts'

/** What is left to do when timeouts are as short as they may be. */
export interface Capacity {
  /** Entries that stay when all cures are in force. */
  readonly needed_entries: number
  /** A max that leaves as much room again; null where the present one does. */
  readonly max: number | null
  /** Hosts that this load needs at this memory; 1 where this one will do. */
  readonly hosts: number
  readonly arithmetic: string
}

/** A table shall be half full at most: load doubles on a bad day. */
const headroom = 2

/** The guard `memory-share` of a playbook: more of the memory a table may not take. */
const memoryShare = 0.25

/** Does the table need to be larger, and can this host hold it? Null without a table that has a max. */
export function capacityFor({ facts, count }: Picture, cures: readonly Cure[]): Capacity | null {
  const { max, memoryTotalBytes: memory } = facts
  if (max === null || max === 0) return null
  const saved = cures.reduce((sum, { saves_entries: saves }) => sum + saves, 0)
  const needed = Math.max(0, count - saved)
  const wanted = Math.max(needed * headroom, 1)
  const rest = `${count} entries less the ${saved} that shorter timeouts save are ${needed}`
  if (wanted <= max)
    return {
      needed_entries: needed,
      max: null,
      hosts: 1,
      arithmetic: `${rest}, and twice that fits into max ${max}`,
    }
  const size = entrySizeOf(facts)
  const power = 2 ** Math.ceil(Math.log2(wanted))
  const most = memory === null ? Infinity : entriesWithin(memory * memoryShare, size)
  const room = `${rest}; with as much room again ${needed * headroom}`
  if (power <= most)
    return {
      needed_entries: needed,
      max: power,
      hosts: 1,
      arithmetic: `${room}: max ${power}, which takes ${mebibytes(bytesForTable(power, size))} MiB when full`,
    }
  const hosts = Math.ceil((needed * headroom) / most)
  return {
    needed_entries: needed,
    max: hosts === 1 ? Math.floor(most) : null,
    hosts,
    arithmetic: `${room}. A quarter of ${mebibytes(memory ?? 0)} MiB of memory holds ${most} entries of ${size.entryBytes} bytes, each with its bucket: ${needed * headroom} / ${most} = ${hosts} ${hosts === 1 ? 'host' : 'hosts'} of this size behind a balancer`,
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
