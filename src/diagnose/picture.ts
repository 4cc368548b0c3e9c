import type { EntryClass, HostFacts, PictureFacts, TopKind } from '../host/facts.ts'

type Cell = PictureFacts['cells'][number]

/** What is in a table, in entries of the whole table: a sample is scaled to the count. */
export interface Picture {
  readonly facts: HostFacts
  readonly count: number
  /** Entries that were looked at. */
  readonly looked: number
  readonly isSample: boolean
  /** Entries of the cells that are meant. */
  readonly entries: (isMeant: (cell: Cell) => boolean) => number
  readonly translated: number
  /** The most frequent of a kind, in one class or in all, the largest first. */
  readonly tops: (kind: TopKind, ofClass?: EntryClass) => readonly Top[]
}

export interface Top {
  readonly name: string
  readonly entries: number
}

/** Null where no entry could be read. */
export function pictureOf(facts: HostFacts): Picture | null {
  const { picture } = facts
  if (picture === undefined || picture.taken === 0) return null
  const count = picture.isSample ? Math.max(facts.count ?? 0, picture.taken) : picture.taken
  const scaled = (entries: number): number => Math.round((entries * count) / picture.taken)
  return {
    facts,
    count,
    looked: picture.taken,
    isSample: picture.isSample,
    entries: (isMeant) => scaled(sum(picture.cells.filter(isMeant))),
    translated: scaled(picture.translated),
    tops: (kind, ofClass) => {
      const byName = new Map<string, number>()
      for (const top of picture.tops)
        if (top.kind === kind && (ofClass === undefined || top.class === ofClass))
          byName.set(top.name, (byName.get(top.name) ?? 0) + top.count)
      return [...byName]
        .map(([name, entries]) => ({ name, entries: scaled(entries) }))
        .toSorted((one, other) => other.entries - one.entries)
    },
  }
}

const closing = new Set(['FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE'])
const opening = new Set(['SYN_SENT', 'SYN_SENT2', 'SYN_RECV'])

export const isUdp = ({ protocol }: Cell): boolean => protocol === 'udp'
export const isOpening = ({ protocol, state }: Cell): boolean => protocol === 'tcp' && opening.has(state)
export const isClosing = ({ protocol, state }: Cell): boolean => protocol === 'tcp' && closing.has(state)
export const isEstablished = ({ protocol, state }: Cell): boolean =>
  protocol === 'tcp' && state === 'ESTABLISHED'

function sum(cells: readonly Cell[]): number {
  return cells.reduce((total, { count }) => total + count, 0)
}
