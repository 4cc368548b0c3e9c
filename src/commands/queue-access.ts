import { resolve } from 'node:path'
import type { Runners } from '../fleet/runners/on-runners.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { type Errand, errandsOf } from '../inventory/errand.ts'
import type { Host } from '../inventory/inventory.ts'
import { InputError, UsageError } from '../problem.ts'
import { printable } from '../printable.ts'
import { readQueueAddress } from '../queue/queue-address.ts'
import type { QueueAccess } from '../queue/redis-link.ts'
import { readSigningKey, readTrust, type Signer, type Trust } from '../queue/signed-text.ts'
import { readPasswordFile } from '../secrets/read-password-file.ts'
import { Secret } from '../ssh/secret.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'

type QueueOptions = Pick<
  RunOptions,
  'queue' | 'queuePasswordFile' | 'queueCa' | 'queueCert' | 'queueKey' | 'signingKey' | 'trust'
>

const defaultTimeoutSeconds = 30

/** The queue, and what proves who says what over it. Throws UsageError, InputError. */
export async function queueAccess(
  options: QueueOptions,
  context: Pick<RunContext, 'cwd' | 'home' | 'env' | 'secrets' | 'stderr'>,
): Promise<{ readonly access: QueueAccess; readonly signer: Signer; readonly trust: Trust }> {
  const { queue, signingKey, trust, queueCa, queueCert, queueKey } = options
  if (queue === undefined || signingKey === undefined || trust === undefined)
    throw new UsageError(
      `${queue === undefined ? '--queue' : signingKey === undefined ? '--signing-key' : '--trust'} is missing: ` +
        'work that goes through a queue takes --queue, the own --signing-key, and with --trust the public keys of the other side',
    )
  if ((queueCert === undefined) !== (queueKey === undefined))
    throw new UsageError(
      `${queueCert === undefined ? '--queue-cert' : '--queue-key'} is missing: the certificate and its key go together`,
    )
  const address = readQueueAddress(queue)
  const at = (file: string): string => resolve(context.cwd, file.replace(/^~(?=\/|$)/, context.home))
  return {
    access: {
      address,
      password: await readQueuePassword(options, context),
      certificates: queueCa === undefined ? null : at(queueCa),
      own:
        queueCert === undefined || queueKey === undefined
          ? null
          : { certificate: at(queueCert), key: at(queueKey) },
    },
    signer: readSigningKey(at(signingKey)),
    trust: await readTrust(at(trust)),
  }
}

async function readQueuePassword(
  { queuePasswordFile: path }: QueueOptions,
  { cwd, home, env, secrets, stderr }: Pick<RunContext, 'cwd' | 'home' | 'env' | 'secrets' | 'stderr'>,
): Promise<Secret | null> {
  if (path === undefined) {
    const value = secrets?.['CONNTRACKCTL_QUEUE_PASSWORD']
    return value === undefined || value === '' ? null : new Secret(value)
  }
  const read = await readPasswordFile({ path, takes: 'line' }, { cwd, home, env })
  if (!read.ok) throw new InputError([read.problem])
  if (read.warning !== null) stderr.write(`conntrackctl: ${read.warning}\n`)
  return read.secret
}

/** What runners are told of the hosts; nothing where the work is done here. Throws InputError, UsageError. */
export function errandsFor(
  hosts: readonly Host[],
  playBecome: boolean | null,
  { queue, user, become }: Pick<RunOptions, 'queue' | 'user' | 'become'>,
  { cwd }: { readonly cwd: string },
): readonly (Errand | null)[] {
  if (queue === undefined) return []
  readQueueAddress(queue)
  return errandsOf(hosts, { user: user ?? null, become: playBecome ?? (become === true ? true : null), cwd })
}

/** The runners that are to do a run. Throws UsageError, InputError, QueueError: no host was contacted then. */
export async function runnersFor(
  plays: readonly PlayJobs[],
  {
    run,
    options,
    context,
  }: { readonly run: string; readonly options: RunOptions; readonly context: RunContext },
): Promise<Runners> {
  const { access, signer, trust } = await queueAccess(options, context)
  const { openRunners } = await import('../fleet/runners/on-runners.ts')
  const warned = new Set<string>()
  return openRunners(plays, {
    ...{ access, signer, trust, run, version: context.version },
    timeoutSeconds: options.runnerTimeout ?? defaultTimeoutSeconds,
    warn: (text) => {
      if (!warned.has(text)) context.stderr.write(`conntrackctl: ${printable(text)}\n`)
      warned.add(text)
    },
  })
}
