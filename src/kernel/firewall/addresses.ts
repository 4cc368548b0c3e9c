/** A network as a number and the length of its prefix. */
export interface Network {
  readonly family: 'ip' | 'ip6'
  readonly bits: bigint
  readonly length: number
}

const widths = { ip: 32, ip6: 128 } as const

/** `10.0.0.0/8`, `2001:db8::1`; null for what is no address. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefix, ...more] = text.split('/')
  const family = address.includes(':') ? 'ip6' : 'ip'
  const bits = family === 'ip' ? ipv4Bits(address) : ipv6Bits(address)
  const width = widths[family]
  const length = prefix === undefined ? width : lengthOf(prefix, family)
  if (bits === null || length === null || length > width || more.length > 0) return null
  return { family, bits, length }
}

/** As `nft` and `iptables` print it: `10.0.0.0/8`, `2001:db8::`; a whole address without a prefix. */
export function networkText({ family, bits, length }: Network): string {
  const width = widths[family]
  const part = family === 'ip' ? 8 : 16
  const parts = Array.from({ length: width / part }, (_, index) =>
    ((bits >> BigInt(width - part * (index + 1))) & ((1n << BigInt(part)) - 1n)).toString(
      family === 'ip' ? 10 : 16,
    ),
  )
  const address = family === 'ip' ? parts.join('.') : compressed(parts)
  return length === width ? address : `${address}/${length}`
}

/** The longest run of zeros, of two or more, as `::` (RFC 5952). */
function compressed(groups: readonly string[]): string {
  const runs = [
    ...groups
      .map((group) => (group === '0' ? '0' : 'x'))
      .join('')
      .matchAll(/00+/g),
  ]
  const longest = runs.toSorted((one, other) => other[0].length - one[0].length)[0]
  if (longest === undefined) return groups.join(':')
  const end = longest.index + longest[0].length
  return `${groups.slice(0, longest.index).join(':')}::${groups.slice(end).join(':')}`
}

/** Is all of `inner` in `outer`? */
export function contains(outer: Network, inner: Network): boolean {
  return outer.length <= inner.length && overlaps(outer, inner)
}

/** Has one an address of the other? */
export function overlaps(one: Network, other: Network): boolean {
  if (one.family !== other.family) return false
  const shift = BigInt(widths[one.family] - Math.min(one.length, other.length))
  return one.bits >> shift === other.bits >> shift
}

/** `8`, or as old tools print it `255.0.0.0`. */
function lengthOf(prefix: string, family: Network['family']): number | null {
  if (/^\d{1,3}$/.test(prefix)) return Number(prefix)
  const mask = family === 'ip' ? ipv4Bits(prefix) : null
  if (mask === null) return null
  const binary = mask.toString(2).padStart(32, '0')
  return /^1*0*$/.test(binary) ? binary.replaceAll('0', '').length : null
}

function ipv4Bits(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return null
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

function ipv6Bits(text: string): bigint | null {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const last = embedded?.[2] === undefined ? null : ipv4Bits(embedded[2])
  if (embedded !== null && last === null) return null
  const plain =
    last === null
      ? text
      : `${embedded?.[1] ?? ''}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  const halves = plain.split('::')
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail = []] = groups
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const all = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}
