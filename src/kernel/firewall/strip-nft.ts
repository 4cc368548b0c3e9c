import { type Stripped, whyNoState, withoutParts } from './rewriting.ts'

interface Word {
  readonly word: string
  readonly start: number
  readonly end: number
}

const ports = ['sport', 'dport']

/** What may be looked at beside a state; each only narrows a rule. */
const fields: Readonly<Record<string, readonly string[]>> = {
  ip: ['saddr', 'daddr', 'protocol'],
  ip6: ['saddr', 'daddr', 'nexthdr'],
  meta: ['nfproto', 'l4proto', 'iif', 'iifname'],
  tcp: ports,
  udp: ports,
  sctp: ports,
  dccp: ports,
  udplite: ports,
  th: ports,
}

/**
 * A rule of nftables (`ct state new tcp dport 80 accept`) without its state match, and else byte by byte the same. Only where
 * each of its words is known: sets that are kept elsewhere, verdict maps and limits are not.
 */
export function stripNft(text: string): Stripped {
  const words = wordsIn(text)
  const asked: { readonly start: number; readonly end: number }[] = []
  let isAccept = false
  for (let at = 0; at < words.length;) {
    const first = words[at]
    if (first === undefined) break
    const second = words[at + 1]?.word ?? ''
    if (isAccept && first.word !== 'comment') return left(`\`${first.word}\` stands behind its accept`)
    if (first.word === 'accept') {
      isAccept = true
      at += 1
    } else if (first.word === 'comment') {
      if (!second.startsWith('"')) return left('its comment is not understood')
      at += 2
    } else if (first.word === 'counter') {
      at += second === 'packets' ? 5 : 1
    } else {
      const isState = first.word === 'ct' && second === 'state'
      const isInterface = first.word === 'iif' || first.word === 'iifname'
      if (!isState && !isInterface && fields[first.word]?.includes(second) !== true)
        return left(`it also looks at \`${`${first.word} ${second}`.trim()}\``)
      const value = valueAt(words, isInterface ? at + 1 : at + 2)
      if (typeof value === 'string') return left(value)
      if (isState) {
        const why = whyNoState(value.values)
        if (why !== null) return left(why)
        asked.push({ start: first.start, end: value.end })
      }
      at = value.next
    }
  }
  if (!isAccept) return left('it does not end with `accept`')
  if (asked.length !== 1)
    return left(asked.length === 0 ? 'it looks at no state' : 'it looks at states twice')
  return { ok: true, text: withoutParts(text, asked) }
}

function wordsIn(text: string): readonly Word[] {
  return [...text.matchAll(/"[^"]*"|[{},]|[^\s{},]+/g)].map(({ 0: word, index }) => ({
    word,
    start: index,
    end: index + word.length,
  }))
}

interface Value {
  readonly values: readonly string[]
  /** Where the next word of the rule stands. */
  readonly next: number
  readonly end: number
}

/** One value, several with commas, or a list in braces; or why it is none of those. */
function valueAt(words: readonly Word[], from: number): Value | string {
  const inBraces = words[from]?.word === '{'
  const values: string[] = []
  for (let at = inBraces ? from + 1 : from; ; at += 2) {
    const { word = '', end = 0 } = words[at] ?? {}
    if (word === '!=') return 'one of its matches is negated'
    if (word.startsWith('@')) return `what is in the set ${word} is not known`
    if (!/^("[^"]*"|\$?[\w./:*-]+)$/.test(word) || word === 'vmap')
      return `\`${word || 'its end'}\` is not understood in it`
    values.push(word.replaceAll('"', ''))
    const { word: behind = '', end: last = 0 } = words[at + 1] ?? {}
    if (behind === ',') continue
    if (!inBraces) return { values, next: at + 1, end }
    return behind === '}'
      ? { values, next: at + 2, end: last }
      : `\`${behind || 'its end'}\` is not understood in it`
  }
}

function left(why: string): Stripped {
  return { ok: false, why }
}
