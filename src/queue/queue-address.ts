import { UsageError } from '../problem.ts'

/** Where a Redis is, as `--queue` says it. */
export type QueueAddress =
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly isTls: boolean
      /** Of Redis's ACL; null: its default user. */
      readonly user: string | null
      readonly database: number
      /** As written, for messages. */
      readonly text: string
    }
  | {
      readonly kind: 'socket'
      /** Absolute. */
      readonly path: string
      readonly user: null
      readonly database: number
      readonly text: string
    }

const forms = 'redis://host:6379, rediss://user@host:6380 (TLS) or unix:/run/redis/redis.sock'

/** Throws UsageError. A password in it is refused: the list of processes would show it to everybody on this machine. */
export function readQueueAddress(written: string): QueueAddress {
  if (!URL.canParse(written)) throw new UsageError(`--queue takes ${forms}, not ${JSON.stringify(written)}`)
  const url = new URL(written)
  if (url.password !== '')
    throw new UsageError(
      '--queue has a password in it, which everybody on this machine can read in the list of processes; ' +
        'give it with --queue-password-file, or in the variable CONNTRACKCTL_QUEUE_PASSWORD',
    )
  const database = readDatabase(url)
  if (url.protocol === 'unix:' && url.pathname.startsWith('/') && url.host === '')
    return { kind: 'socket', path: decodeURIComponent(url.pathname), user: null, database, text: written }
  const isTls = url.protocol === 'rediss:'
  if ((!isTls && url.protocol !== 'redis:') || url.hostname === '')
    throw new UsageError(`--queue takes ${forms}, not ${JSON.stringify(written)}`)
  return {
    kind: 'tcp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    isTls,
    user: url.username === '' ? null : decodeURIComponent(url.username),
    database,
    text: written,
  }
}

function readDatabase({ protocol, pathname }: URL): number {
  if (protocol === 'unix:' || pathname === '' || pathname === '/') return 0
  const [, digits = ''] = /^\/(\d{1,3})$/.exec(pathname) ?? []
  if (digits === '')
    throw new UsageError(`--queue: behind the port there may be the number of a database, not ${pathname}`)
  return Number(digits)
}
