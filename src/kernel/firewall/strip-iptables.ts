import { type Stripped, whyNoState, withoutParts } from './rewriting.ts'

/** Options of a rule that is understood; those that are not looked into below only narrow it, whatever their value. */
const known: ReadonlySet<string> = new Set([
  ...['-m', '--match', '--state', '--ctstate', '-j'],
  ...['-p', '--protocol', '-s', '--source', '--src', '-d', '--destination', '--dst'],
  ...['-i', '--in-interface', '--comment'],
  ...['--dport', '--destination-port', '--dports', '--destination-ports'],
  ...['--sport', '--source-port', '--sports', '--source-ports'],
])

/** Extensions that bring some of those. */
const extensions: ReadonlySet<string> = new Set([
  ...['tcp', 'udp', 'sctp', 'dccp', 'udplite', 'multiport', 'comment', 'state', 'conntrack'],
])

/**
 * A rule of iptables (`-p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT`) without its state match, and else byte by byte
 * the same. Only where each of its words is known: a limit, for one, means something else for every packet than for
 * those that begin a connection.
 */
export function stripIptables(text: string): Stripped {
  const words = [...text.matchAll(/"(?:[^"\\]|\\.)*"|\S+/g)].map(({ 0: word, index }) => ({
    word,
    start: index,
    end: index + word.length,
  }))
  const gone: { readonly start: number; readonly end: number }[] = []
  let asked = 0
  for (let at = 0; at < words.length; at += 2) {
    const [option, value] = [words[at], words[at + 1]]
    if (option === undefined) break
    const bare = value?.word.replace(/^"/, '') ?? ''
    if (option.word === '!' || bare.startsWith('!')) return left('one of its matches is negated')
    if (!known.has(option.word)) return left(`it also looks at \`${option.word}\``)
    if (value === undefined || bare.startsWith('-')) return left(`\`${option.word}\` is not understood in it`)
    const pair = { start: option.start, end: value.end }
    switch (option.word) {
      case '-m':
      case '--match':
        if (!extensions.has(value.word)) return left(`it also looks at \`-m ${value.word}\``)
        if (value.word === 'state' || value.word === 'conntrack') gone.push(pair)
        break
      case '--state':
      case '--ctstate': {
        const why = whyNoState(value.word.toLowerCase().split(','))
        if (why !== null) return left(why)
        asked += 1
        gone.push(pair)
        break
      }
      case '-j':
        if (value.word !== 'ACCEPT') return left(`it leads to ${value.word}`)
        if (at + 2 < words.length) return left('something stands behind its ACCEPT')
        break
    }
  }
  if (asked !== 1) return left(asked === 0 ? 'it looks at no state' : 'it looks at states twice')
  return { ok: true, text: withoutParts(text, gone) }
}

function left(why: string): Stripped {
  return { ok: false, why }
}
