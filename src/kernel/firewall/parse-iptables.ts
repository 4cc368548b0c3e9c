import type { Chain, FirewallRule, Hook, IpFamily, Match, PortRange, Side, Verdict } from './ruleset.ts'
import { portNumber } from './port-names.ts'

/** Where the built-in chains of each table stand (uapi/linux/netfilter_ipv4.h, nf_nat_core.c). */
const priorities: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  raw: { PREROUTING: -300, OUTPUT: -300 },
  mangle: { PREROUTING: -150, INPUT: -150, FORWARD: -150, OUTPUT: -150, POSTROUTING: -150 },
  nat: { PREROUTING: -100, INPUT: 100, OUTPUT: -100, POSTROUTING: 100 },
  filter: { INPUT: 0, FORWARD: 0, OUTPUT: 0 },
  security: { INPUT: 50, FORWARD: 50, OUTPUT: 50 },
}

/** What `iptables-save` or `ip6tables-save` printed, of the kernel or as it stands in a file. */
export function parseIptables(text: string, family: IpFamily): readonly Chain[] {
  const chains = new Map<string, Chain & { rules: FirewallRule[] }>()
  let table = ''
  for (const line of text.split('\n')) {
    const [, section] = /^\*(\w+)\s*$/.exec(line) ?? []
    if (section !== undefined) table = section
    const [, declared, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (declared !== undefined) {
      const priority = priorities[table]?.[declared]
      const hook = declared.toLowerCase() as Hook
      const base =
        priority === undefined
          ? null
          : ({ hook, priority, policy: policy === 'DROP' ? 'drop' : 'accept' } as const)
      chains.set(`${table} ${declared}`, { family, table, name: declared, base, rules: [] })
    }
    const [, chain, rule] = /^(?:\[\d+:\d+\] )?-A (\S+)(?: (.*))?$/.exec(line) ?? []
    if (chain !== undefined)
      chains.get(`${table} ${chain}`)?.rules.push(parseIptablesRule((rule ?? '').trim()))
  }
  return [...chains.values()]
}

/** `-p tcp -m tcp --dport 80 -j ACCEPT`: a rule without its chain. */
export function parseIptablesRule(text: string): FirewallRule {
  const words = wordsOf(text)
  const matches: Match[] = []
  let verdict: Verdict = { kind: 'continue' }
  let comment = ''
  for (let index = 0; index < words.length;) {
    let negated = words[index] === '!'
    if (negated) index += 1
    const option = words[index] ?? ''
    index += 1
    // As iptables 1.3 printed it: `-i ! lo`.
    if (words[index] === '!' && words[index + 1]?.startsWith('-') === false) {
      negated = true
      index += 1
    }
    // A comment is one word, whatever it looks like: `--comment -j`.
    const values: string[] = option === '--comment' ? [words[index++] ?? ''] : []
    while (index < words.length && !/^(--?[A-Za-z]|!$)/.test(words[index] ?? ''))
      values.push(words[index++] ?? '')
    const [value = ''] = values
    if (option === '-j' || option === '-g') {
      verdict = verdictOf(value, option === '-g', words.slice(index))
      break
    }
    if (option === '--comment') comment = value
    else if (option !== '-m' && option !== '--match')
      matches.push(negated ? { ...matchOf(option, value), negated } : matchOf(option, value))
  }
  return { text, matches, verdict, comment }
}

/** Words; what stands in double quotes is one. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll(/\\(.)/g, '$1') ?? plain,
  )
}

function matchOf(option: string, value: string): Match {
  switch (option) {
    case '-p':
    case '--protocol':
      return { on: 'protocol', values: [protocolName(value)] }
    case '-s':
    case '--source':
      return { on: 'address', side: 'source', networks: value.split(',') }
    case '-d':
    case '--destination':
      return { on: 'address', side: 'destination', networks: value.split(',') }
    case '-i':
    case '--in-interface':
    case '-o':
    case '--out-interface':
      return value === 'lo' ? { on: 'loopback' } : { on: 'unknown' }
    case '--dport':
    case '--destination-port':
    case '--dports':
    case '--destination-ports':
      return portMatch('destination', value)
    case '--sport':
    case '--source-port':
    case '--sports':
    case '--source-ports':
      return portMatch('source', value)
    case '--state':
    case '--ctstate':
      return { on: 'state', values: value.toLowerCase().split(',') }
    case '--dst-type':
      return value === 'LOCAL' ? { on: 'local', side: 'destination' } : { on: 'unknown' }
    case '--src-type':
      return value === 'LOCAL' ? { on: 'local', side: 'source' } : { on: 'unknown' }
    default:
      return { on: 'unknown' }
  }
}

function protocolName(value: string): string {
  return { '6': 'tcp', '17': 'udp', '1': 'icmp', '132': 'sctp' }[value] ?? value
}

function portMatch(side: Side, value: string): Match {
  const ranges = value.split(',').map((part): PortRange | null => {
    const [low = '', high = low] = part.split(':')
    const [first, last] = [portNumber(low === '' ? '0' : low), portNumber(high === '' ? '65535' : high)]
    return first === null || last === null ? null : [first, last]
  })
  const known = ranges.filter((range) => range !== null)
  return known.length === ranges.length ? { on: 'port', side, ranges: known } : { on: 'unknown' }
}

function verdictOf(target: string, isGoto: boolean, options: readonly string[]): Verdict {
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' }
    case 'DROP':
    case 'REJECT':
    case 'TARPIT':
      return { kind: 'drop' }
    case 'RETURN':
      return { kind: 'return' }
    case 'NOTRACK':
      return { kind: 'notrack' }
    case 'CT':
      if (options.includes('--notrack')) return { kind: 'notrack' }
      return { kind: options.includes('--helper') ? 'helper' : 'continue' }
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
    case 'NETMAP':
    case 'TPROXY':
      return { kind: 'nat' }
    // These change or note something and let the packet go on; whatever else is a chain.
    case 'LOG':
    case 'NFLOG':
    case 'ULOG':
    case 'MARK':
    case 'CONNMARK':
    case 'CONNSECMARK':
    case 'SECMARK':
    case 'TCPMSS':
    case 'CHECKSUM':
    case 'CLASSIFY':
    case 'DSCP':
    case 'TOS':
    case 'TTL':
    case 'HL':
    case 'SET':
    case 'TRACE':
    case 'AUDIT':
    case 'RATEEST':
      return { kind: 'continue' }
    default:
      return { kind: isGoto ? 'goto' : 'jump', chain: target }
  }
}
