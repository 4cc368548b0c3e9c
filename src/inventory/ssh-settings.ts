import { join, resolve } from 'node:path'
import type { SshArguments } from '../ssh/ssh-arguments.ts'
import type { StrictHostKeyChecking, Target } from '../ssh/target.ts'
import { expandTokens, type TokenValues } from './expand-tokens.ts'
import { routeOf } from './route.ts'
import { configOf, configWords } from './ssh-config-of.ts'
import type { ConnectionDefaults } from './target.ts'
import type { VariableProblem } from './variable-reader.ts'

/** Whose settings are wanted, in ssh's own words. */
export interface SshQuestion {
  /** As given to ssh: an address or a name that ssh_config may know. */
  readonly host: string
  readonly words: SshArguments
  /** How many jump hosts lie before it. */
  readonly depth: number
}

/** The parts of a target that ssh_config and the arguments of ssh have a say in. */
export type SshSettings = Pick<
  Target,
  | 'address'
  | 'port'
  | 'user'
  | 'route'
  | 'identityFiles'
  | 'identitiesOnly'
  | 'agentSocket'
  | 'hostKeys'
  | 'hostKeyAlias'
  | 'algorithms'
  | 'sshArguments'
  | 'tty'
  | 'limits'
> & {
  /** False where `PasswordAuthentication` and the like rule them out. */
  readonly takesPasswords: boolean
}

/** What ssh2 cannot do, and what would be less safe, or lead elsewhere, if it were left out. */
const onlyOpenssh = ['revokedhostkeys', 'knownhostscommand', 'bindinterface', 'remotecommand']

/**
 * What the arguments of ssh and its configuration files come to for a host. `ssh -G` is asked where a file could have
 * a say; what is wrong goes to `problems`.
 */
export async function readSshSettings(
  question: SshQuestion,
  transport: Target['transport'],
  problems: VariableProblem[],
  defaults: ConnectionDefaults,
): Promise<SshSettings> {
  const { host, words } = question
  const { config, isAnswer } = await configOf(question, problems, defaults)
  const said = (key: string): string | undefined => config.get(key)?.[0]
  const truth = (key: string, otherwise: boolean): boolean => {
    const word = said(key)?.toLowerCase()
    return word === undefined ? otherwise : word !== 'no' && word !== 'false'
  }
  if (transport === 'ssh2')
    for (const name of onlyOpenssh)
      if (said(name) !== undefined && said(name) !== 'none')
        problems.push({
          fact: `${name} is set in ssh_config or the arguments of ssh, which ssh2 cannot do`,
          remedy: 'set ansible_connection=openssh for this host, or take it off',
        })

  const address = said('hostname') ?? host
  const port = Number(said('port') ?? 22)
  const user = said('user') ?? defaults.loginName
  const alias = said('hostkeyalias')
  const base = { home: defaults.home, loginName: defaults.loginName, name: host, address, port, user }
  const tokens: TokenValues = { ...base, hostKeyAlias: alias ?? null, jump: said('proxyjump') ?? '' }
  const path = (written: string): string => expandPath(written, tokens, problems, defaults)
  // An answer of `ssh -G` has these filled in already.
  const ready = (written: string): string => (isAnswer ? resolve(defaults.cwd, written) : path(written))
  const files = (written: string | undefined, otherwise: readonly string[]): readonly string[] =>
    written === undefined ? otherwise : written === 'none' ? [] : splitFiles(written).map(ready)
  const list = (key: string): readonly string[] | null => said(key)?.split(',') ?? null

  const methods = said('preferredauthentications')?.split(',') ?? null
  const takesKeys = truth('pubkeyauthentication', true) && methods?.includes('publickey') !== false
  const keys = (config.get('identityfile') ?? []).filter((file) => file !== 'none').map(path)
  const seconds =
    readSeconds(said('connecttimeout'), 'ConnectTimeout', problems) ?? defaults.limits.connectSeconds
  const alive = readSeconds(said('serveraliveinterval'), 'ServerAliveInterval', problems) ?? 0
  return {
    address,
    port,
    user,
    route: await routeOf({ question, said, tokens, problems, readSettings: readSshSettings }, defaults),
    identityFiles: !takesKeys
      ? []
      : config.has('identityfile')
        ? [...new Set(keys)]
        : defaults.usualIdentityFiles,
    identitiesOnly: truth('identitiesonly', false),
    agentSocket: takesKeys ? agentOf(said('identityagent'), ready, defaults) : null,
    hostKeys: {
      checking: readChecking(said('stricthostkeychecking'), problems, defaults),
      knownHostsFiles: [
        ...files(said('userknownhostsfile'), defaults.hostKeys.knownHostsFiles),
        ...files(said('globalknownhostsfile'), defaults.hostKeys.globalKnownHostsFiles),
      ],
    },
    hostKeyAlias: alias ?? null,
    algorithms: {
      kex: list('kexalgorithms'),
      ciphers: list('ciphers'),
      macs: list('macs'),
      hostKeys: list('hostkeyalgorithms'),
    },
    // Only the system's ssh takes them; thousands of hosts of ssh2 need not hold them.
    sshArguments:
      transport === 'openssh'
        ? [
            ...configWords(words, defaults),
            ...words.words,
            ...(config.has('identityfile') ? [] : ownKeys(defaults)),
            host,
          ]
        : [host],
    tty: ['force', 'yes', 'true'].includes(said('requesttty') ?? ''),
    limits: {
      ...defaults.limits,
      connectSeconds: seconds,
      ...(alive > 0
        ? { keepaliveSeconds: alive, keepaliveTimes: Number(said('serveralivecountmax') ?? 3) }
        : {}),
    },
    takesPasswords:
      (truth('passwordauthentication', true) && methods?.includes('password') !== false) ||
      (truth('kbdinteractiveauthentication', true) && methods?.includes('keyboard-interactive') !== false),
  }
}

/** The keys of HOME, where that is not where ssh looks. */
function ownKeys({ ownSshConfig, usualIdentityFiles }: ConnectionDefaults): readonly string[] {
  return ownSshConfig === null ? [] : usualIdentityFiles.flatMap((file) => ['-o', `IdentityFile="${file}"`])
}

function agentOf(
  written: string | undefined,
  ready: (path: string) => string,
  { agentSocket, environment }: ConnectionDefaults,
): string | null {
  if (written === undefined || written === 'SSH_AUTH_SOCK') return agentSocket
  if (written === 'none') return null
  if (written.startsWith('$')) return environment[written.replaceAll(/[${}]/g, '')] || null
  return ready(written)
}

const checkings: ReadonlyMap<string, StrictHostKeyChecking> = new Map([
  ['yes', 'yes'],
  ['true', 'yes'],
  ['ask', 'ask'],
  ['accept-new', 'accept-new'],
  ['no', 'no'],
  ['false', 'no'],
  ['off', 'no'],
])

function readChecking(
  written: string | undefined,
  problems: VariableProblem[],
  { hostKeys }: ConnectionDefaults,
): StrictHostKeyChecking {
  const checking = written === undefined ? hostKeys.checking : checkings.get(written.toLowerCase())
  if (checking !== undefined) return checking
  problems.push({
    fact: `StrictHostKeyChecking is ${JSON.stringify(written)}, which ssh does not know`,
    remedy: 'use yes, ask, accept-new or no',
  })
  return hostKeys.checking
}

const secondsOf: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 }

function readSeconds(
  written: string | undefined,
  name: string,
  problems: VariableProblem[],
): number | undefined {
  if (written === undefined || written === 'none' || written === '0') return undefined
  const [, digits = '', unit = ''] = /^(\d{1,5})([smh]?)$/i.exec(written) ?? []
  if (digits !== '') return Number(digits) * (secondsOf[unit.toLowerCase()] ?? 1)
  problems.push({ fact: `${name} is ${JSON.stringify(written)}`, remedy: 'give it seconds, 1 to 99999' })
  return undefined
}

/** Several files in one value, those with blanks in quotes. */
function splitFiles(written: string): readonly string[] {
  return [...written.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

/** Tokens, `~` and `${NAME}` filled in, then relative to where the program runs. */
function expandPath(
  written: string,
  tokens: TokenValues,
  problems: VariableProblem[],
  { home, cwd, environment }: ConnectionDefaults,
): string {
  const refuse = (what: string): void => {
    problems.push({ fact: `the path ${written} ${what}`, remedy: 'write it out' })
  }
  if (/^~[^/]/.test(written)) refuse("is in another user's home")
  const filled = expandTokens(written, tokens)
  if ('unknown' in filled) refuse(`holds ${filled.unknown}, which is not understood`)
  const text = ('text' in filled ? filled.text : written).replaceAll(
    /\$\{(\w+)\}/g,
    (all, name: string) => environment[name] ?? (refuse(`holds ${all}, which is not set`), all),
  )
  return resolve(
    cwd,
    text.replace(/^~(?=\/|$)/, () => join(home, '.')),
  )
}
