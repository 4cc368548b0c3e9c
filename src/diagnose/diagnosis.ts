import type { HostFacts } from '../host/facts.ts'
import type { Finding } from '../plan/change.ts'
import { type Capacity, capacityFor } from './capacity.ts'
import { type Cure, curesFor } from './cures.ts'
import { pictureOf, type Picture, type Top } from './picture.ts'
import { type Verdict, verdictsOf } from './verdicts.ts'

/** What `diagnose` tells of a host. Numbers are entries of the whole table. */
export interface Diagnosis {
  /** Entries that were looked at, and whether they are all there are. */
  readonly looked_at: number
  readonly is_sample: boolean
  /** The host was busy, so that less was looked at. */
  readonly is_busy: boolean
  /** Lines of the table that have not the shape of an entry. */
  readonly unparsed: number
  readonly count: number
  readonly states: readonly StateShare[]
  readonly top: {
    readonly ports: readonly Top[]
    readonly sources: readonly Top[]
    readonly source_networks: readonly Top[]
    readonly destinations: readonly Top[]
    readonly destination_networks: readonly Top[]
  }
  readonly verdicts: readonly Verdict[]
  readonly cures: readonly Cure[]
  readonly capacity: Capacity | null
}

interface StateShare {
  readonly protocol: string
  /** Empty where the protocol has none. */
  readonly state: string
  readonly entries: number
  readonly assured: number
  readonly unreplied: number
  /** Idle for more than an hour. */
  readonly idle: number
}

/** Of few entries nothing can be said. */
const fewestEntries = 50

const mostNamed = 5

/** What fills a host's table, what would cure it, and what stands in the way of saying so; the diagnosis is null then. */
export function diagnose(facts: HostFacts): {
  readonly diagnosis: Diagnosis | null
  readonly findings: readonly Finding[]
} {
  const picture = pictureOf(facts)
  const hindrance = hindranceOf(facts, picture)
  if (picture === null || hindrance !== null)
    return { diagnosis: null, findings: hindrance === null ? [] : [hindrance] }
  const cures = curesFor(picture)
  const { picture: seen } = facts
  return {
    diagnosis: {
      looked_at: picture.looked,
      is_sample: picture.isSample,
      is_busy: seen?.isBusy ?? false,
      unparsed: seen?.strange ?? 0,
      count: picture.count,
      states: statesOf(facts, picture),
      top: {
        ports: picture.tops('port').slice(0, mostNamed),
        sources: picture.tops('source').slice(0, mostNamed),
        source_networks: picture.tops('network').slice(0, mostNamed),
        destinations: picture.tops('destination').slice(0, mostNamed),
        destination_networks: picture.tops('aim').slice(0, mostNamed),
      },
      verdicts: verdictsOf(picture),
      cures,
      capacity: capacityFor(picture, cures),
    },
    findings: [],
  }
}

function statesOf({ picture }: HostFacts, { entries }: Picture): readonly StateShare[] {
  const names = new Set((picture?.cells ?? []).map(({ protocol, state }) => `${protocol} ${state}`))
  return [...names]
    .map((name) => {
      const [protocol = '', state = ''] = name.split(' ')
      const count = (isMeant: Parameters<Picture['entries']>[0]): number =>
        entries((cell) => cell.protocol === protocol && cell.state === state && isMeant(cell))
      return {
        protocol,
        state: state === '-' ? '' : state,
        entries: count(() => true),
        assured: count(({ flag }) => flag === 'assured'),
        unreplied: count(({ flag }) => flag === 'unreplied'),
        idle: count(({ idleSeconds }) => idleSeconds >= 3600),
      }
    })
    .toSorted((one, other) => other.entries - one.entries)
}

function hindranceOf({ count, picture: seen }: HostFacts, picture: Picture | null): Finding | null {
  if (count === null)
    return {
      code: 'no-table',
      severity: 'info',
      message: 'conntrack is not loaded: there is no table to look into',
      hint: 'Nothing to do.',
    }
  if (seen?.source === 'unreadable')
    return {
      code: 'entries-unreadable',
      severity: 'error',
      message: 'the entries of the table may be read by root only',
      hint: 'Add --become, or log in as root.',
    }
  if (seen?.source === 'missing' && count > 0)
    return {
      code: 'entries-unreadable',
      severity: 'error',
      message: 'this kernel has no /proc/net/nf_conntrack, and the conntrack tool is not installed',
      hint: 'Install it there: the package is `conntrack` on Debian and Ubuntu, `conntrack-tools` elsewhere.',
    }
  if (picture === null || picture.count < fewestEntries)
    return {
      code: 'few-entries',
      severity: 'info',
      message:
        picture === null || picture.count === count
          ? `${count} entries are too few to say what fills the table`
          : `${picture.count} of ${count} entries could be listed, too few to say what fills the table`,
      hint: 'Look again when there are more.',
    }
  return null
}
