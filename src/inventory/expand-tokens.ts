import { createHash } from 'node:crypto'
import { hostname } from 'node:os'

/** What the tokens of ssh_config stand for. */
export interface TokenValues {
  readonly home: string
  readonly loginName: string
  /** As given to ssh, and as resolved by `HostName`. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly hostKeyAlias: string | null
  /** The jump hosts as written, or nothing. */
  readonly jump: string
}

/** `%h` and the like filled in (TOKENS in ssh_config(5)); `null` with the token that is none. */
export function expandTokens(
  text: string,
  values: TokenValues,
): { readonly text: string } | { readonly unknown: string } {
  let unknown: string | undefined
  const filled = text.replaceAll(/%(.?)/gs, (all, token: string) => {
    const value = valueOf(token, values)
    if (value === undefined) unknown ??= all
    return value ?? all
  })
  return unknown === undefined ? { text: filled } : { unknown }
}

function valueOf(token: string, values: TokenValues): string | undefined {
  const { home, loginName, name, address, port, user, hostKeyAlias, jump } = values
  switch (token) {
    case '%':
      return '%'
    case 'C':
      return createHash('sha1').update(`${hostname()}${address}${port}${user}`).digest('hex')
    case 'd':
      return home
    case 'h':
      return address
    case 'i':
      return String(process.getuid?.() ?? '')
    case 'j':
      return jump
    case 'k':
      return hostKeyAlias ?? name
    case 'L':
      return hostname().replace(/\..*$/s, '')
    case 'l':
      return hostname()
    case 'n':
      return name
    case 'p':
      return String(port)
    case 'r':
      return user
    case 'u':
      return loginName
    default:
      return undefined
  }
}
