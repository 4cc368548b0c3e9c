import type { Host } from './inventory.ts'
import { refuseProblems } from './refuse-problems.ts'
import { fillValue } from './template.ts'
import { variableReader, type VariableReader } from './variable-reader.ts'

/** What a runner elsewhere is told of a host: nothing of it is a secret, a key, or a file of this machine. */
export interface Errand {
  /** Whose runners can reach it. */
  readonly zone: string
  /** How to reach it, as far as the inventory, a play, `--user` and `--become` say. */
  readonly vars: Readonly<Record<string, string | number | boolean>>
}

/** What counts where the inventory is silent. */
export interface ErrandDefaults {
  /** `--user`, or null. */
  readonly user: string | null
  /** What the play, or else `--become`, says; null leaves it to the runner. */
  readonly become: boolean | null
  readonly cwd: string
}

// What these do not name stays here: passwords, key files, arguments of ssh with the commands in them.
const texts = [
  ...['ansible_host', 'ansible_ssh_host', 'ansible_user', 'ansible_ssh_user', 'ansible_become_method'],
  ...['become', 'sudo', 'su', 'doas'].flatMap((method) =>
    ['user', 'exe', 'flags'].map((what) => `ansible_${method}_${what}`),
  ),
]
const wholes: readonly (readonly [name: string, from: number, to: number, unit: string])[] = [
  ['ansible_port', 1, 65_535, 'a port'],
  ['ansible_ssh_port', 1, 65_535, 'a port'],
  ['ansible_timeout', 1, 86_400, 'seconds'],
  ['ansible_ssh_timeout', 1, 86_400, 'seconds'],
  ['ansible_ssh_retries', 0, 100, 'tries'],
]

/** What a zone may be called: it is part of the names of keys in Redis. */
export const zonePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Throws one InputError with what is wrong with the variables of all. */
export function errandsOf(hosts: readonly Host[], defaults: ErrandDefaults): readonly Errand[] {
  const read = hosts.map((host) => {
    const reader = variableReader(host)
    return { host, errand: readErrand(host, reader, defaults), problems: reader.problems }
  })
  refuseProblems(read, defaults)
  return read.map(({ errand }) => errand)
}

function readErrand(host: Host, read: VariableReader, { user, become }: ErrandDefaults): Errand {
  const vars: Record<string, string | number | boolean> = {}
  for (const name of texts) {
    refuseSecret(name, host, read)
    const value = read.text([name])
    if (value !== undefined) vars[name] = value
  }
  for (const [name, from, to, unit] of wholes) {
    const value = read.whole([name], from, to, unit)
    if (value !== undefined) vars[name] = value
  }
  const isBecome = read.truth(['ansible_become']) ?? become
  if (isBecome !== null) vars['ansible_become'] = isBecome
  if (user !== null && !('ansible_user' in vars) && !('ansible_ssh_user' in vars)) vars['ansible_user'] = user
  if (/(?:^|\.)local$/.test(read.text(['ansible_connection']) ?? ''))
    read.problems.push({
      fact: 'ansible_connection is local, and a runner would change its own machine',
      remedy: 'leave this host out with --limit, or run without --queue',
    })
  return { zone: readZone(read), vars }
}

function refuseSecret(name: string, host: Host, { problems }: VariableReader): void {
  const place = host.placeOf?.(name)
  const filled = fillValue(host.vars[name], host, place?.isSecret === true)
  if (!filled.ok || !filled.isSecret) return
  problems.push({
    fact: `${name} is encrypted, and would go through the queue for all to read`,
    remedy: 'write it in clear, or give it to the runner instead',
    ...(place === undefined ? {} : { at: place }),
  })
}

function readZone(read: VariableReader): string {
  const zone = read.text(['zone'])
  if (zone === undefined)
    read.problems.push({
      fact: 'no variable `zone` says whose runners can reach it',
      remedy: 'set it for the host or its group, e.g. zone: eu-west, or leave these hosts out with --limit',
    })
  else if (!zonePattern.test(zone))
    read.problems.push({
      fact: `zone is ${JSON.stringify(zone)}, not a name of letters, digits, dots and dashes`,
      remedy: 'call it as the runners do with --zone',
    })
  return zone ?? ''
}
