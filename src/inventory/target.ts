import { quote } from '../ssh/quote.ts'
import { Secret } from '../ssh/secret.ts'
import type { SshConfigReader } from '../ssh/ssh-config.ts'
import type { StrictHostKeyChecking, Target, Transport } from '../ssh/target.ts'
import type { Host } from './inventory.ts'
import { readBecome } from './become-settings.ts'
import { refuseProblems } from './refuse-problems.ts'
import { joinArguments } from './join-arguments.ts'
import { readSshSettings } from './ssh-settings.ts'
import { variableReader, type VariableProblem, type VariableReader } from './variable-reader.ts'

/** What counts for a host of which the inventory says nothing: the command line, then the user's own. */
export interface ConnectionDefaults {
  /** `--user`, or null. */
  readonly user: string | null
  /** Who runs this program: the user where nobody names one. */
  readonly loginName: string
  /** A port for all hosts, or null for 22. */
  readonly port: number | null
  /** `--private-key`, absolute. */
  readonly identityFiles: readonly string[]
  /** Absolute; tried where nobody names a key: the `~/.ssh/id_*` that are there. */
  readonly usualIdentityFiles: readonly string[]
  readonly agentSocket: string | null
  /** `--ask-pass`, `--connection-password-file`: for hosts that have none of their own. */
  readonly password: Secret | null
  /** Opens encrypted key files. */
  readonly passphrase: Secret | null
  readonly hostKeys: {
    readonly checking: StrictHostKeyChecking
    /** The user's own, absolute. */
    readonly knownHostsFiles: readonly string[]
    /** The machine's, absolute. */
    readonly globalKnownHostsFiles: readonly string[]
  }
  /** `--connection`: what `ansible_connection: ssh` means. */
  readonly transport: Transport
  /** Whom to become where the inventory does not tell, or null. */
  readonly become: Target['become']
  /** Whom to become where the inventory only says that one is to become somebody. */
  readonly becomeAs: NonNullable<Target['become']>
  readonly limits: Target['limits']
  /** Absolute: what `~` stands for. */
  readonly home: string
  /** Absolute: what relative paths in variables begin at, as with Ansible. */
  readonly cwd: string
  /** `--timeout`, which beats the `ConnectTimeout` of a file, or null. */
  readonly timeoutSeconds: number | null
  /** What `${NAME}` in paths stands for. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly sshConfig: SshConfigReader
  /** Those that ssh reads by itself, absolute. */
  readonly sshConfigFiles: readonly string[]
  /** The one to name to ssh, where it would not find the user's by itself; `none`, or null to leave it to ssh. */
  readonly ownSshConfig: string | null
  /** Tells the user, once, what does not stop the run. */
  readonly warn: (text: string) => void
  /** `--ssh-common-args`, or null. */
  readonly sshCommonArgs: string | null
}

/**
 * How to reach and enter a host. As in Ansible, a variable of the inventory beats the command line
 * (`ansible_user` beats `--user`), `ansible_ssh_x` beats `ansible_x`, and ssh arguments follow ssh's own
 * rule that the first one counts: `ansible_ssh_args`, then the variables and options that have a name
 * of their own, then `ansible_ssh_common_args` (or `--ssh-common-args`), then `ansible_ssh_extra_args`.
 * Who logs in as the user to become does not become anybody. Throws InputError.
 */
export async function targetOf(host: Host, defaults: ConnectionDefaults): Promise<Target> {
  const [target] = await targetsOf([host], defaults)
  if (target === undefined) throw new Error(`no target was made for ${host.name}`)
  return target
}

/** As `targetOf`, for many: throws one InputError with the problems of all, the same ones of many hosts once. */
export async function targetsOf(
  hosts: readonly Host[],
  defaults: ConnectionDefaults,
): Promise<readonly Target[]> {
  const read = await Promise.all(hosts.map(async (host) => ({ host, ...(await readTarget(host, defaults)) })))
  refuseProblems(read, defaults)
  return read.map(({ target }) => target)
}

async function readTarget(
  host: Host,
  defaults: ConnectionDefaults,
): Promise<{ readonly target: Target; readonly problems: readonly VariableProblem[] }> {
  const read = variableReader(host)
  const address = readAddress(host, read)
  const retries = read.whole(['ansible_ssh_retries'], 0, 100, 'tries')
  const transport = readTransport(read, defaults)
  const words = argumentsOf(read, defaults)
  const question = { host: address, words, depth: 0 }
  const { takesPasswords, ...ssh } = await settingsOf(question, transport, read, defaults)
  // Nobody logs in to a shell of this machine: it is ours already.
  const user = transport === 'local' ? defaults.loginName : ssh.user
  const password = read.text(['ansible_ssh_password', 'ansible_ssh_pass', 'ansible_password'])
  return {
    // Written out: V8 gives each object that two others are spread into a layout of its own, half a KiB a host.
    target: {
      name: host.name,
      transport,
      address: ssh.address,
      port: ssh.port,
      user,
      route: ssh.route,
      identityFiles: ssh.identityFiles,
      identitiesOnly: ssh.identitiesOnly,
      agentSocket: ssh.agentSocket,
      passphrase: defaults.passphrase,
      password: !takesPasswords ? null : password === undefined ? defaults.password : new Secret(password),
      hostKeys: ssh.hostKeys,
      hostKeyAlias: ssh.hostKeyAlias,
      algorithms: ssh.algorithms,
      sshArguments: ssh.sshArguments,
      tty: ssh.tty,
      become: readBecome(read, user, defaults),
      limits: retries === undefined ? ssh.limits : { ...ssh.limits, retries },
    },
    problems: read.problems,
  }
}

function settingsOf(
  question: Parameters<typeof readSshSettings>[0],
  transport: Transport,
  read: VariableReader,
  defaults: ConnectionDefaults,
): ReturnType<typeof readSshSettings> {
  // No file of ssh has a say in a shell of this machine.
  const files = transport === 'local' ? { ...defaults, sshConfigFiles: [] } : defaults
  return readSshSettings(question, transport, read.problems, files)
}

/** What variables and options with names of their own say, among the arguments of ssh, in the order in which they count. */
function argumentsOf(read: VariableReader, defaults: ConnectionDefaults): ReturnType<typeof joinArguments> {
  const port = read.whole(['ansible_ssh_port', 'ansible_port'], 1, 65_535, 'a port') ?? defaults.port
  const user = read.text(['ansible_ssh_user', 'ansible_user']) ?? defaults.user
  const keyFile = read.text(['ansible_ssh_private_key_file', 'ansible_private_key_file'])
  const keyFiles = keyFile === undefined ? defaults.identityFiles : [keyFile]
  const timeout =
    read.whole(['ansible_ssh_timeout', 'ansible_timeout'], 1, 86_400, 'seconds') ?? defaults.timeoutSeconds
  const check = read.truth(['ansible_ssh_host_key_checking', 'ansible_host_key_checking'])
  const named: readonly (readonly [string, string | number | null])[] = [
    ['Port', port],
    ['User', user],
    ...keyFiles.map((file) => ['IdentityFile', file] as const),
    ['ConnectTimeout', timeout],
    ['StrictHostKeyChecking', check === false ? 'no' : null],
  ]
  const own = named.flatMap(([name, value]) => (value === null ? [] : [`-o ${quote(`${name}=${value}`)}`]))
  const ownCommon = read.text(['ansible_ssh_common_args'])
  const given = ['--ssh-common-args', defaults.sshCommonArgs ?? undefined] as const
  // What is wrong with the option is said, even where a variable takes its place.
  if (ownCommon !== undefined) joinArguments([given], read.problems)
  return joinArguments(
    [
      ['ansible_ssh_args', read.text(['ansible_ssh_args'])],
      ['the variables of the host', own.join(' ')],
      ownCommon === undefined ? given : ['ansible_ssh_common_args', ownCommon],
      ['ansible_ssh_extra_args', read.text(['ansible_ssh_extra_args'])],
    ],
    read.problems,
  )
}

/**
 * `ssh` is what `--connection` says, ssh2 in most cases, and so are the names of what does the same in Ansible; the
 * system's ssh is called `openssh`.
 */
const transports: ReadonlyMap<string, Transport | null> = new Map([
  ['ssh', null],
  ['smart', null],
  ['paramiko', null],
  ['paramiko_ssh', null],
  ['ssh2', 'ssh2'],
  ['openssh', 'openssh'],
  ['local', 'local'],
])

function readTransport(read: VariableReader, defaults: ConnectionDefaults): Transport {
  const written = read.text(['ansible_connection'])
  const name = written?.replace(/^ansible\.(?:builtin|legacy|netcommon|posix)\./, '') ?? 'ssh'
  const transport = transports.get(name)
  if (transport === undefined)
    read.problems.push({
      fact: `ansible_connection is ${JSON.stringify(written)}, by which no host can be reached here`,
      remedy: `use ${[...transports.keys()].join(', ')}, or leave these hosts out with --limit, e.g. 'all:!switches'`,
    })
  return transport ?? defaults.transport
}

function readAddress(host: Host, read: VariableReader): string {
  const written = read.text(['ansible_ssh_host', 'ansible_host'])
  if (written === undefined) return host.name.replace(/^\[(.*)\]$/, '$1')
  const address = written.replace(/^\[(.*)\]$/, '$1')
  if (/^-|[\s@/\\\p{Cc}\p{Cf}]/u.test(address))
    read.problems.push({
      fact: `ansible_host is ${JSON.stringify(written)}, not an address or a name`,
      remedy: 'give the address alone; user and port have variables of their own',
    })
  return address
}
