// @ts-check
// Stands in for a thread that works on hosts: it dies at some of them.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', ({ kind, id, job }) => {
  if (kind === 'end') process.exit(0)
  if (kind === 'kept') throw new Error('something gave way after the plan')
  if (kind !== 'remedy') return
  const { host } = job.label
  if (host === 'web05') {
    const held = []
    for (;;) held.push(Array.from({ length: 100_000 }, () => ({})))
  }
  if (host === 'web02') throw new Error('something gave way')
  const facts = { kernel: '6.1', count: 1, max: 1, hashsize: 1, memory_bytes: 1 }
  const changes = [{ kind: 'live', key: 'x', path: '/x', before: '1', after: '2', reason: '' }]
  parentPort?.postMessage(
    host === 'web03'
      ? { kind: 'planned', id, facts, changes }
      : {
          kind: 'ended',
          id,
          result: { ...job.label, status: 'ok', facts, changes: [], findings: [], error: null },
        },
  )
})
