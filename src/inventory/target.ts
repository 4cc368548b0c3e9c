import { isAbsolute, relative } from 'node:path'
import { sudoTo } from '../ssh/become.ts'
import { directTarget } from '../ssh/direct-target.ts'
import { InputError, type Problem } from '../problem.ts'
import type { StrictHostKeyChecking, Target, Transport } from '../ssh/target.ts'
import type { Host } from './inventory.ts'
import { readSshArguments } from './ssh-settings.ts'
import { tidyProblems } from './tidy-problems.ts'
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
export function targetOf(host: Host, defaults: ConnectionDefaults): Target {
  const [target] = targetsOf([host], defaults)
  if (target === undefined) throw new Error(`no target was made for ${host.name}`)
  return target
}

/** As `targetOf`, for many: throws one InputError with the problems of all, the same ones of many hosts once. */
export function targetsOf(hosts: readonly Host[], defaults: ConnectionDefaults): readonly Target[] {
  const wrong = new Map<string, { problem: VariableProblem; hosts: Host[] }>()
  const targets = hosts.map((host) => {
    const { target, problems } = readTarget(host, defaults)
    for (const problem of problems) {
      const known = wrong.get(problem.fact)
      if (known === undefined) wrong.set(problem.fact, { problem, hosts: [host] })
      else known.hosts.push(host)
    }
    return target
  })
  if (wrong.size > 0)
    throw new InputError(
      tidyProblems(
        [...wrong.values()].map(({ problem, hosts: those }) => toProblem(problem, those, defaults)),
      ),
    )
  return targets
}

function toProblem(
  { fact, remedy, at }: VariableProblem,
  hosts: readonly Host[],
  { cwd }: ConnectionDefaults,
): Problem {
  const names = hosts.slice(0, 3).map(({ name }) => name)
  const more = hosts.length > names.length ? ` and ${hosts.length - names.length} more hosts` : ''
  const source = hosts[0]?.vars['inventory_file']
  const path = typeof source === 'string' && isAbsolute(source) ? relative(cwd, source) : '--inventory'
  return {
    file: path.startsWith('..') && typeof source === 'string' ? source : path,
    ...at,
    what: `${names.join(', ')}${more}: ${fact}`,
    remedy,
  }
}

function readTarget(
  host: Host,
  defaults: ConnectionDefaults,
): { readonly target: Target; readonly problems: readonly VariableProblem[] } {
  const read = variableReader(host)
  const named = {
    address: readAddress(host, read),
    port: read.whole(['ansible_ssh_port', 'ansible_port'], 1, 65_535, 'a port') ?? defaults.port ?? undefined,
    user: read.text(['ansible_ssh_user', 'ansible_user']) ?? defaults.user ?? undefined,
    keyFile: read.text(['ansible_ssh_private_key_file', 'ansible_private_key_file']),
    timeoutSeconds: read.whole(['ansible_ssh_timeout', 'ansible_timeout'], 1, 86_400, 'seconds'),
    retries: read.whole(['ansible_ssh_retries'], 0, 100, 'tries'),
    checkHostKeys: read.truth(['ansible_ssh_host_key_checking', 'ansible_host_key_checking']),
  }
  const ssh = readSshArguments(host.name, read, named, defaults)
  const transport = readTransport(read, defaults)
  // Nobody logs in to a shell of this machine: it is ours already.
  const user = transport === 'local' ? defaults.loginName : ssh.user
  return {
    target: {
      ...directTarget,
      name: host.name,
      transport,
      address: named.address,
      port: ssh.port,
      user,
      identityFiles: ssh.identityFiles,
      agentSocket: ssh.agentSocket,
      hostKeys: ssh.hostKeys,
      become: readBecome(read, user, defaults),
      limits: {
        ...defaults.limits,
        connectSeconds: ssh.connectSeconds,
        ...(named.retries === undefined ? {} : { retries: named.retries }),
      },
    },
    problems: read.problems,
  }
}

/**
 * `ssh` is what `--connection` says, ssh2 in most cases, and so are the names of what does the same in Ansible.
 */
const transports: ReadonlyMap<string, Transport | null> = new Map([
  ['ssh', null],
  ['smart', null],
  ['paramiko', null],
  ['paramiko_ssh', null],
  ['ssh2', 'ssh2'],
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

function readBecome(read: VariableReader, user: string, defaults: ConnectionDefaults): Target['become'] {
  const wished = read.truth(['ansible_become'])
  if (wished === false || (wished === undefined && defaults.become === null)) return null
  const fallback = defaults.become ?? defaults.becomeAs
  const method = read.text(['ansible_become_method'])?.replace(/^ansible\.builtin\./, '') ?? fallback.method
  if (method !== 'sudo') {
    read.problems.push({
      fact: `ansible_become_method is ${JSON.stringify(method)}, which is not supported yet`,
      remedy: 'use sudo, or log in as root',
    })
    return null
  }
  const program = read.text(['ansible_sudo_exe', 'ansible_become_exe']) ?? 'sudo'
  if (program !== 'sudo')
    read.problems.push({
      fact: `ansible_become_exe is ${JSON.stringify(program)}, which is not supported yet`,
      remedy: 'remove it: sudo is found through PATH',
    })
  // Those that Ansible gives by itself change nothing for a shell that reads from standard input.
  const flags = read.text(['ansible_sudo_flags', 'ansible_become_flags']) ?? ''
  if (!/^(?:\s*-[HSn]+)*\s*$/.test(flags))
    read.problems.push({
      fact: `ansible_become_flags is ${JSON.stringify(flags)}, which is not supported yet`,
      remedy: 'remove it, or keep to -H, -S and -n',
    })
  const becomeUser = read.text(['ansible_sudo_user', 'ansible_become_user']) ?? fallback.user
  return becomeUser === user ? null : sudoTo(becomeUser)
}
