/** What `name`, `name:port` or `[address]:port` says. */
export interface Address {
  readonly host: string
  readonly port: number | null
}

// The grammar is Ansible's (parsing/utils/addresses.py), ranges included: what it does not call an
// address is a name as it stands, colons and all.
const range = String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`
const word = String.raw`[\p{L}\p{N}_]`
const label = String.raw`(?:${word}|${range})(?:${word}|-|${range})*(?<![_-])`
const hostname = new RegExp(String.raw`^${label}(?:\.${label})*$`, 'iu')

const four = String.raw`(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|\[[0-9]+:[0-9]+(?::[0-9]+)?\])`
const ipv4 = new RegExp(String.raw`^(?:${four}\.){3}${four}$`)

const six = String.raw`(?:[0-9a-f]{1,4}|\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\])`
// As in Ansible, only the last form is tied to the end: that lets `fe80::1%eth0` pass.
const ipv6 = new RegExp(
  [
    `(?:${six}:){7}${six}`,
    `(?:${six}:){1,6}:`,
    `${six}:(?::${six}){1,6}`,
    `(?:${six}:){2}(?::${six}){1,5}`,
    `(?:${six}:){3}(?::${six}){1,4}`,
    `(?:${six}:){4}(?::${six}){1,3}`,
    `(?:${six}:){5}(?::${six}){1,2}`,
    `(?:${six}:){6}:${six}`,
    `:(?::${six}){1,6}`,
    `${six}?::`,
  ]
    .map((form) => `^${form}`)
    .join('|'),
  'i',
)

const bracketed = /^\[(.+)\]:([0-9]+)$/
const withPort = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/

/** Splits a port off `text`, which may hold ranges; null when this is no address. */
export function parseAddress(text: string): Address | null {
  let host = text
  let port: number | null = null
  for (const form of [bracketed, withPort]) {
    const match = form.exec(host)
    if (match === null) continue
    host = match[1] ?? ''
    port = Number(match[2])
  }
  return ipv4.test(host) || ipv6.test(host) || hostname.test(host) ? { host, port } : null
}

/** True for an IPv4 or IPv6 address, which has no short form. */
export function isIpAddress(text: string): boolean {
  return ipv4.test(text) || ipv6.test(text)
}
