import { resolve } from 'node:path'
import { parseSshArguments, type SshArguments } from '../ssh/ssh-arguments.ts'
import type { StrictHostKeyChecking, Target } from '../ssh/target.ts'
import type { ConnectionDefaults } from './target.ts'
import type { VariableReader } from './variable-reader.ts'

/** What the variables and options that have a name of their own say of a host. */
export interface NamedSettings {
  readonly address: string
  readonly port: number | undefined
  readonly user: string | undefined
  readonly keyFile: string | undefined
  readonly timeoutSeconds: number | undefined
  readonly checkHostKeys: boolean | undefined
}

type SshSettings = Pick<Target, 'port' | 'user' | 'identityFiles' | 'agentSocket' | 'hostKeys'> & {
  readonly connectSeconds: number
}

const understood: ReadonlySet<string> = new Set([
  'userknownhostsfile',
  'globalknownhostsfile',
  'stricthostkeychecking',
  'connecttimeout',
  'identitiesonly',
  'identityagent',
])

/** Options that change nothing for one short connection with keys. */
const harmless: ReadonlySet<string> = new Set([
  'batchmode',
  'challengeresponseauthentication',
  'checkhostip',
  'compression',
  'connectionattempts',
  'controlmaster',
  'controlpath',
  'controlpersist',
  'forwardagent',
  'forwardx11',
  'gssapiauthentication',
  'kbdinteractiveauthentication',
  'loglevel',
  'numberofpasswordprompts',
  'passwordauthentication',
  'preferredauthentications',
  'requesttty',
  'serveralivecountmax',
  'serveraliveinterval',
  'tcpkeepalive',
  'updatehostkeys',
  'visualhostkey',
])

/** Puts together what variables, options and ssh arguments say, in the order in which ssh would read them. */
export function readSshArguments(
  name: string,
  read: VariableReader,
  named: NamedSettings,
  defaults: ConnectionDefaults,
): SshSettings {
  const before = parse('ansible_ssh_args', read.text(['ansible_ssh_args']), read)
  const ownCommon = read.text(['ansible_ssh_common_args'])
  // What is wrong with the option is said, even where a variable takes its place.
  const given = parse('--ssh-common-args', defaults.sshCommonArgs ?? undefined, read)
  const common = ownCommon === undefined ? given : parse('ansible_ssh_common_args', ownCommon, read)
  const extra = parse('ansible_ssh_extra_args', read.text(['ansible_ssh_extra_args']), read)
  const first = <Value>(
    own: Value | undefined,
    of: (from: SshArguments) => Value | undefined,
  ): Value | undefined => of(before) ?? own ?? of(common) ?? of(extra)
  const option = (key: string, own?: string): string | undefined =>
    first(own, ({ options }) => options.get(key))

  const port = first(named.port, (from) => from.port) ?? 22
  const user = first(named.user, (from) => from.user) ?? defaults.loginName
  const tokens = {
    d: defaults.home,
    h: named.address,
    n: name,
    p: String(port),
    r: user,
    u: defaults.loginName,
    '%': '%',
  }
  const path = (written: string): string => expandPath(written, tokens, read, defaults)
  const files = (written: string): readonly string[] =>
    written === 'none' ? [] : written.split(/\s+/).filter(Boolean).map(path)

  const ownKeys = named.keyFile === undefined ? defaults.identityFiles : [path(named.keyFile)]
  const keys = [
    ...before.identityFiles.map(path),
    ...ownKeys,
    ...[...common.identityFiles, ...extra.identityFiles].map(path),
  ]
  const known = option('userknownhostsfile')
  const global = option('globalknownhostsfile')
  const agent = option('identityagent')
  return {
    port,
    user,
    identityFiles: keys.length > 0 ? [...new Set(keys)] : defaults.usualIdentityFiles,
    agentSocket:
      option('identitiesonly')?.toLowerCase() === 'yes' || agent === 'none'
        ? null
        : agent === undefined || agent === 'SSH_AUTH_SOCK'
          ? defaults.agentSocket
          : path(agent),
    hostKeys: {
      checking: readChecking(
        option('stricthostkeychecking', named.checkHostKeys === false ? 'no' : undefined),
        read,
        defaults,
      ),
      knownHostsFiles: [
        ...(known === undefined ? defaults.hostKeys.knownHostsFiles : files(known)),
        ...(global === undefined ? defaults.hostKeys.globalKnownHostsFiles : files(global)),
      ],
    },
    connectSeconds: readTimeout(option('connecttimeout', named.timeoutSeconds?.toString()), read, defaults),
  }
}

function parse(source: string, text: string | undefined, read: VariableReader): SshArguments {
  const parsed = parseSshArguments(text ?? '')
  for (const problem of parsed.problems)
    read.problems.push({ fact: `${source}: ${problem}`, remedy: 'remove or correct it' })
  for (const [option, value] of parsed.options)
    if (!understood.has(option) && !harmless.has(option))
      read.problems.push({
        fact: `${source}: the ssh option ${option}=${value} is not supported yet`,
        remedy: 'remove it if the hosts can be reached without',
      })
  return parsed
}

/** `ask` cannot ask here: an unknown key is then refused, as with `yes`. */
const checkings: ReadonlyMap<string, StrictHostKeyChecking> = new Map([
  ['yes', 'yes'],
  ['true', 'yes'],
  ['ask', 'yes'],
  ['accept-new', 'accept-new'],
  ['no', 'no'],
  ['false', 'no'],
  ['off', 'no'],
])

function readChecking(
  written: string | undefined,
  read: VariableReader,
  defaults: ConnectionDefaults,
): StrictHostKeyChecking {
  if (written === undefined) return defaults.hostKeys.checking
  const checking = checkings.get(written.toLowerCase())
  if (checking !== undefined) return checking
  read.problems.push({
    fact: `StrictHostKeyChecking is ${JSON.stringify(written)}, which ssh does not know`,
    remedy: 'use yes, accept-new or no',
  })
  return defaults.hostKeys.checking
}

function readTimeout(
  written: string | undefined,
  read: VariableReader,
  { limits }: ConnectionDefaults,
): number {
  if (written === undefined || written === 'none') return limits.connectSeconds
  if (/^\d{1,5}$/.test(written) && Number(written) > 0) return Number(written)
  read.problems.push({
    fact: `ConnectTimeout is ${JSON.stringify(written)}`,
    remedy: 'give it seconds, 1 to 99999',
  })
  return limits.connectSeconds
}

/** `~`, `%h` and the like, then relative to where the program runs. */
function expandPath(
  written: string,
  tokens: Readonly<Record<string, string>>,
  read: VariableReader,
  { home, cwd }: ConnectionDefaults,
): string {
  if (/^~[^/]/.test(written))
    read.problems.push({ fact: `the path ${written} is in another user's home`, remedy: 'write it out' })
  const filled = written
    .replace(/^~(?=\/|$)/, () => home)
    .replaceAll(/%(.)/gs, (all, token: string) => {
      const value = tokens[token]
      if (value === undefined)
        read.problems.push({
          fact: `the path ${written} holds ${all}, which is not understood`,
          remedy: 'write it out',
        })
      return value ?? all
    })
  return resolve(cwd, filled)
}
