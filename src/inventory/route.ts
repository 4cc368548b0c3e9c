import { directTarget } from '../ssh/direct-target.ts'
import { parseSshArguments } from '../ssh/ssh-arguments.ts'
import type { Target } from '../ssh/target.ts'
import { expandTokens, type TokenValues } from './expand-tokens.ts'
import type { readSshSettings, SshQuestion } from './ssh-settings.ts'
import type { ConnectionDefaults } from './target.ts'
import type { VariableProblem } from './variable-reader.ts'

interface Way {
  readonly question: SshQuestion
  readonly said: (key: string) => string | undefined
  readonly tokens: TokenValues
  readonly problems: VariableProblem[]
  /** For the jump hosts. */
  readonly readSettings: typeof readSshSettings
}

/** More jump hosts in a row than anybody has: the configuration leads in a circle. */
const hopsAtMost = 8

/** How to reach a host: through a jump host, over a command, or directly. */
export async function routeOf(way: Way, defaults: ConnectionDefaults): Promise<Target['route']> {
  const { said, tokens, problems } = way
  const jump = said('proxyjump')
  const command = said('proxycommand')
  if (jump !== undefined && jump !== 'none' && command === undefined) {
    const through = await jumpTarget(jump, way, defaults)
    if (through !== null) return { kind: 'jump', through }
  }
  if (command !== undefined && command !== 'none') {
    const filled = fillCommand(command, tokens, problems)
    if (filled !== null) return { kind: 'command', command: filled }
  }
  const family = said('addressfamily')
  const bindAddress = said('bindaddress') ?? null
  return { kind: 'direct', addressFamily: family === 'inet' ? 4 : family === 'inet6' ? 6 : 0, bindAddress }
}

/**
 * The last of the jump hosts, reached through those before it. As with ssh, a jump host has its own settings: of the
 * host's arguments only the configuration file counts for it.
 */
async function jumpTarget(
  written: string,
  { question: outer, problems, readSettings }: Way,
  defaults: ConnectionDefaults,
): Promise<Target | null> {
  const { configFile } = outer.words
  const { depth } = outer
  const hops = written.split(',')
  const last = hops.pop() ?? ''
  const [, user, name, port] =
    /^(?:ssh:\/\/)?(?:(.+)@)?(\[[^\]]+\]|[^:@/\s]+)(?::(\d+))?\/?$/.exec(last) ?? []
  if (name === undefined || name.startsWith('-') || depth >= hopsAtMost) {
    const fact =
      depth >= hopsAtMost
        ? `ProxyJump ${written} leads through more than ${hopsAtMost} hosts`
        : `ProxyJump ${written} is not [user@]host[:port]`
    problems.push({ fact, remedy: 'correct it; a Host block of a jump host must not name the host itself' })
    return null
  }
  const parsed = parseSshArguments('')
  const options = new Map<string, readonly string[]>()
  if (user !== undefined) options.set('user', [user])
  if (port !== undefined) options.set('port', [port])
  if (hops.length > 0) options.set('proxyjump', [hops.join(',')])
  const words = [...options].flatMap(([key, [value = '']]) => ['-o', `${key}=${value}`])
  const host = name.replace(/^\[(.*)\]$/, '$1')
  const question = { host, words: { ...parsed, configFile, options, words }, depth: depth + 1 }
  const { takesPasswords: _, ...settings } = await readSettings(question, 'ssh2', problems, defaults)
  // The password of the host behind it is none of its business.
  return { ...directTarget, name: host, ...settings, passphrase: defaults.passphrase, tty: false }
}

/** Characters that a shell would obey; the names come from an inventory (OpenSSH 9.6 refuses them, too). */
const obeyed = /[\s'"`$\\;&<>|(){}*?!#]|^-/

function fillCommand(command: string, tokens: TokenValues, problems: VariableProblem[]): string | null {
  for (const [what, value] of [
    ['host', tokens.address],
    ['name', tokens.name],
    ['user', tokens.user],
  ] as const)
    if (obeyed.test(value)) {
      const fact = `the ${what} ${JSON.stringify(value)} would go into a shell with the ProxyCommand`
      problems.push({ fact, remedy: 'use a name without blanks, quotes and other characters of a shell' })
      return null
    }
  const filled = expandTokens(command, tokens)
  if ('text' in filled) return filled.text
  const fact = `the ProxyCommand ${command} holds ${filled.unknown}, which is not understood`
  problems.push({ fact, remedy: 'use %h, %n, %p, %r, or %% for a percent sign' })
  return null
}
