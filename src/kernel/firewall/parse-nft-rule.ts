import { next, peek, type Reader, unquoted, valueOf, wordsOf } from './nft-words.ts'
import { portNumber } from './port-names.ts'
import type { FirewallRule, Match, PortRange, Side, Verdict } from './ruleset.ts'

const sides: Readonly<Record<string, Side>> = {
  saddr: 'source',
  sport: 'source',
  daddr: 'destination',
  dport: 'destination',
}

/**
 * A rule as `nft list ruleset` prints it. Where a verdict map stands in it, it is several rules of the same text, one
 * for each value.
 */
export function parseNftRule(line: string): readonly FirewallRule[] {
  const text = line.replaceAll(/counter packets \d+ bytes \d+/g, 'counter').trim()
  const reader: Reader = { words: wordsOf(text), at: 0 }
  const matches: Match[] = []
  let verdict: Verdict = { kind: 'continue' }
  let comment = ''
  let branches: readonly (readonly [Match, Verdict])[] = []
  while (reader.at < reader.words.length) {
    const word = next(reader)
    const found = verdictOf(word, reader)
    if (found !== null) {
      if (verdict.kind === 'continue') verdict = found
    } else if (word === 'comment') {
      comment = unquoted(next(reader))
    } else {
      const { added, map } = statement(word, reader)
      matches.push(...added)
      if (map !== null) branches = map
    }
  }
  const rule = (more: readonly Match[], then: Verdict): FirewallRule => ({
    text,
    matches: [...matches, ...more],
    verdict: then,
    comment,
  })
  return branches.length === 0 ? [rule([], verdict)] : branches.map(([match, then]) => rule([match], then))
}

function verdictOf(word: string, reader: Reader): Verdict | null {
  switch (word) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
    case 'notrack':
      return { kind: word }
    case 'reject':
    case 'synproxy':
      skipToComment(reader)
      return { kind: 'drop' }
    case 'jump':
    case 'goto':
      return { kind: word, chain: next(reader) }
    case 'masquerade':
    case 'redirect':
    case 'snat':
    case 'dnat':
    case 'tproxy':
      skipToComment(reader)
      return { kind: 'nat' }
    default:
      return null
  }
}

type Statement = {
  readonly added: readonly Match[]
  readonly map: readonly (readonly [Match, Verdict])[] | null
}

const nothing: Statement = { added: [], map: null }
const unknown: Statement = { added: [{ on: 'unknown' }], map: null }

/** What stands behind such a verdict says how or to where. */
function skipToComment(reader: Reader): void {
  while (reader.at < reader.words.length && peek(reader) !== 'comment') next(reader)
}

function statement(word: string, reader: Reader): Statement {
  switch (word) {
    case 'ip':
    case 'ip6': {
      const family: Match = { on: 'family', values: [word] }
      const field = next(reader)
      const rest = field === 'protocol' || field === 'nexthdr' ? protocols(reader) : addresses(field, reader)
      return { added: [family, ...rest.added], map: rest.map }
    }
    case 'tcp':
    case 'udp':
    case 'sctp':
    case 'dccp':
    case 'udplite': {
      const protocol: Match = { on: 'protocol', values: [word] }
      const rest = ports(next(reader), reader)
      return { added: [protocol, ...rest.added], map: rest.map }
    }
    case 'icmp':
    case 'icmpv6':
      next(reader)
      valueOf(reader)
      return {
        added: [{ on: 'protocol', values: [word === 'icmpv6' ? 'ipv6-icmp' : word] }, { on: 'unknown' }],
        map: null,
      }
    case 'th':
      return ports(next(reader), reader)
    case 'meta':
      return meta(next(reader), reader)
    case 'iif':
    case 'iifname':
    case 'oif':
    case 'oifname':
      return interfaces(reader)
    case 'ct':
      return tracking(reader)
    case 'fib':
      return ownAddresses(reader)
    case 'counter':
    case 'log':
    case 'quota':
      return aside(reader)
    case 'limit':
      aside(reader)
      return unknown
    default:
      if (peek(reader) === '{') valueOf(reader)
      return unknown
  }
}

function protocols(reader: Reader): Statement {
  return matched(reader, (values) => ({
    on: 'protocol',
    values: values.map((value) => ({ '6': 'tcp', '17': 'udp', icmpv6: 'ipv6-icmp' })[value] ?? value),
  }))
}

function addresses(field: string, reader: Reader): Statement {
  const side = sides[field]
  return matched(reader, (networks) =>
    side === undefined || networks.some((network) => network.includes('-'))
      ? null
      : { on: 'address', side, networks },
  )
}

function ports(field: string, reader: Reader): Statement {
  const side = sides[field]
  return matched(reader, (values) => {
    const ranges = values.map((value): PortRange | null => {
      const [low = '', high = low] = /^\d+-\d+$/.test(value) ? value.split('-') : [value]
      const [first, last] = [portNumber(low), portNumber(high)]
      return first === null || last === null ? null : [first, last]
    })
    const known = ranges.filter((range) => range !== null)
    return side === undefined || known.length < ranges.length ? null : { on: 'port', side, ranges: known }
  })
}

function meta(field: string, reader: Reader): Statement {
  if (field === 'l4proto') return protocols(reader)
  if (field === 'nfproto')
    return matched(reader, (values) => ({
      on: 'family',
      values: values.map((value) => (value === 'ipv6' ? 'ip6' : 'ip')),
    }))
  if (/^[io]if(name)?$/.test(field)) return interfaces(reader)
  // `meta mark set 1` changes something and asks nothing.
  const isSet = peek(reader) === 'set'
  if (isSet) next(reader)
  valueOf(reader)
  return isSet ? nothing : unknown
}

function interfaces(reader: Reader): Statement {
  return matched(reader, (values) => (values.every((value) => value === 'lo') ? { on: 'loopback' } : null))
}

function tracking(reader: Reader): Statement {
  const field = next(reader)
  if (peek(reader) === 'set') {
    next(reader)
    valueOf(reader)
    return nothing
  }
  const match = matched(reader, (values) => (field === 'state' ? { on: 'state', values } : null))
  // What has a status, a direction or a zone is tracked, so that an untracked packet never fits.
  return field === 'state'
    ? match
    : {
        added: [...match.added, { on: 'state', values: ['new', 'established', 'related', 'invalid'] }],
        map: null,
      }
}

function ownAddresses(reader: Reader): Statement {
  const words: string[] = []
  while (reader.at < reader.words.length && peek(reader) !== 'type' && peek(reader) !== 'oif')
    words.push(next(reader))
  const result = next(reader)
  const side = words.length === 1 ? sides[words[0] ?? ''] : undefined
  return matched(reader, (values) =>
    result === 'type' && side !== undefined && values.every((value) => value === 'local')
      ? { on: 'local', side }
      : null,
  )
}

/** `counter name "x"`, `log prefix "x" level info`, `rate over 10/second burst 5 packets`: up to the next thing that we know. */
function aside(reader: Reader): Statement {
  const known =
    /^(accept|drop|reject|return|continue|jump|goto|comment|counter|log|limit|notrack|meta|ct|ip6?|tcp|udp|masquerade|[sd]nat|redirect)$/
  while (reader.at < reader.words.length && !known.test(peek(reader))) next(reader)
  return nothing
}

/** The match that a value makes; unknown where it makes none. */
function matched(reader: Reader, make: (values: readonly string[]) => Match | null): Statement {
  const { values, negated, verdicts } = valueOf(reader)
  if (verdicts !== null)
    return {
      added: [],
      map: verdicts.map(
        ([value, verdict]) => [(value === '' ? null : make([value])) ?? { on: 'unknown' }, verdict] as const,
      ),
    }
  const match = values === null ? null : make(values)
  if (match === null) return unknown
  return { added: [negated ? { ...match, negated } : match], map: null }
}
