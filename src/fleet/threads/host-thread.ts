// What a thread runs that does the work on hosts.
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadStart } from './messages.ts'
import { serveHosts } from './serve-hosts.ts'

if (parentPort !== null) await serveHosts(parentPort, workerData as ThreadStart)
