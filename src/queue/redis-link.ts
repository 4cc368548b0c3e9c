import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Redis, RedisOptions } from 'ioredis'
import { QueueError } from '../problem.ts'
import { systemWords } from '../system-words.ts'
import type { Secret } from '../ssh/secret.ts'
import type { QueueAddress } from './queue-address.ts'
import { redisTrouble } from './redis-trouble.ts'

/** Where the queue is and how to get in. */
export interface QueueAccess {
  readonly address: QueueAddress
  readonly password: Secret | null
  /** Absolute path of certificates to trust besides those of Node.js; null: those alone. */
  readonly certificates: string | null
  /** Absolute paths of what this side shows where Redis wants a certificate of its clients, too. */
  readonly own: { readonly certificate: string; readonly key: string } | null
}

/** Connections to one Redis, which come back by themselves when they were lost. */
export interface RedisLink extends AsyncDisposable {
  /** For commands that answer at once. Its commands wait where the connection is down: see `isReady`. */
  readonly redis: Redis
  /** Can a command be answered now? */
  readonly isReady: () => boolean
  /** One more connection, for commands that wait; closed with the others. */
  readonly another: () => Promise<Redis>
}

/** Seconds. */
const connectSeconds = 10
const reconnectMostSeconds = 1
/** Longer than any command waits: who is silent for so long is frozen, or behind a wall that swallows everything. */
const silentSeconds = 20

/**
 * Connects, and sees that this Redis loses nothing by itself and takes what is written. Throws QueueError with what is
 * wrong and what to do: refused, wrong password, a certificate, an evicting policy, no memory left.
 */
export async function openRedisLink(access: QueueAccess): Promise<RedisLink> {
  const { Redis: Client } = await import('ioredis')
  const files = await readFiles(access)
  const open: Redis[] = []
  const another = async (): Promise<Redis> => {
    let hasBeenReady = false
    let lastError: Error | null = null
    const redis = new Client({
      ...placeOf(access, files),
      lazyConnect: true,
      connectTimeout: connectSeconds * 1000,
      socketTimeout: silentSeconds * 1000,
      // A lost connection is waited for; the first one is not.
      maxRetriesPerRequest: null,
      retryStrategy: (times) => (hasBeenReady ? Math.min(times * 100, reconnectMostSeconds * 1000) : null),
    })
    redis.on('error', (error) => {
      lastError = error
    })
    try {
      await redis.connect()
    } catch (error) {
      redis.disconnect()
      throw redisTrouble(lastError ?? error, access)
    }
    hasBeenReady = true
    open.push(redis)
    return redis
  }
  const redis = await another()
  const close = (): void => {
    for (const one of open) one.disconnect()
  }
  try {
    await examine(redis, access)
  } catch (error) {
    close()
    throw redisTrouble(error, access)
  }
  return {
    redis,
    isReady: () => redis.status === 'ready',
    another,
    [Symbol.asyncDispose]: () => {
      close()
      return Promise.resolve()
    },
  }
}

function placeOf(
  { address, password }: QueueAccess,
  files: TlsFiles,
): Pick<RedisOptions, 'path' | 'host' | 'port' | 'db' | 'username' | 'password' | 'tls'> {
  const { user, database } = address
  return {
    ...(address.kind === 'socket' ? { path: address.path } : { host: address.host, port: address.port }),
    db: database,
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password: password.reveal() }),
    ...(address.kind === 'tcp' && address.isTls
      ? {
          tls: {
            // An address is no name to ask for (RFC 6066); its certificate is checked all the same.
            ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
            ...files,
          },
        }
      : {}),
  }
}

interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

async function readFiles({ certificates, own }: QueueAccess): Promise<TlsFiles> {
  return {
    ...(certificates === null ? {} : { ca: await readPem('--queue-ca', certificates) }),
    ...(own === null
      ? {}
      : {
          cert: await readPem('--queue-cert', own.certificate),
          key: await readPem('--queue-key', own.key),
        }),
  }
}

async function readPem(option: string, file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw new QueueError(`${option} ${file}: ${systemWords(error)}; name a readable file in PEM form`)
  })
}

/** What an evicting Redis throws away is a job or a result that nobody would miss before it is too late. */
async function examine(redis: Redis, { address }: QueueAccess): Promise<void> {
  const about = await redis.info()
  const said = (name: string): string =>
    new RegExp(String.raw`^${name}:(.*?)\r?$`, 'm').exec(about)?.[1] ?? ''
  const version = said('redis_version')
  if (Number.parseFloat(version) < 6.2)
    throw new QueueError(`the queue ${address.text} is Redis ${version}; it takes 6.2 or newer`)
  const mode = said('redis_mode')
  if (mode === 'cluster' || mode === 'sentinel')
    throw new QueueError(
      mode === 'cluster'
        ? `the queue ${address.text} is part of a Redis Cluster, which has a job's keys in several places; name a Redis that is none`
        : `the queue ${address.text} is a Sentinel, which keeps no data; name the primary that it watches, by an address that follows it`,
    )
  const policy = said('maxmemory_policy')
  if (policy !== '' && policy !== 'noeviction')
    throw new QueueError(
      `the queue ${address.text} throws keys away when its memory is full (maxmemory-policy ${policy}), so jobs and ` +
        'results would be lost; set it with: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf',
    )
  const probe = 'conntrackctl:probe'
  await redis.set(probe, '1', 'PX', 1000)
}
