import { expect, test } from 'vitest'
import { compactResults } from '../../../src/fleet/compact-results.ts'
import type { HostExecutor } from '../../../src/fleet/host-executor.ts'
import type { HostJob } from '../../../src/fleet/remedy-host.ts'
import type { HostResult } from '../../../src/report/host-result.ts'

const shape: HostResult = {
  ...{ host: 'web01', play: 'all', status: 'changed', tries: 2, error: null },
  facts: { kernel: '6.1.0', count: 1, max: 2, hashsize: null, memory_bytes: 3, statistics: { drop: 4 } },
  changes: [
    {
      kind: 'live',
      key: 'k',
      path: '/p',
      before: null,
      after: '\u001b\u2028',
      reason: '',
      state: 'verified',
    },
  ],
  findings: [{ code: 'c', severity: 'info', message: 'm', hint: 'h' }],
}

function executorThatGives(result: HostResult, log: string[] = []): HostExecutor {
  return {
    remedy: () => Promise.resolve(result),
    revisit: (_, earlier) => Promise.resolve({ ...earlier, status: 'failed' }),
    withdraw: () => void log.push('withdraw'),
    [Symbol.asyncDispose]: () => Promise.resolve(void log.push('dispose')),
  }
}

// No executor of these looks at it.
const job = {} as HostJob

test('a result says the same, and what it says stands alone', async () => {
  const executor = compactResults(executorThatGives(shape))
  const kept = await executor.remedy(job)
  expect(kept).toStrictEqual(shape)
  expect(kept).not.toBe(shape)
  expect(await executor.revisit(job, shape, { reason: 'hold', afterSeconds: 1 })).toStrictEqual({
    ...shape,
    status: 'failed',
  })
})

test('whatever else an executor can do is left to it', async () => {
  const log: string[] = []
  {
    await using executor = compactResults(executorThatGives(shape, log))
    executor.withdraw?.(() => shape)
  }
  expect(log).toEqual(['withdraw', 'dispose'])
})

test('results of very many hosts take no more than what they say', async () => {
  const gc = await collector()
  const held: HostResult[] = []
  const before = gc()
  for (let host = 0; host < 2000; host += 1) {
    // As a host answers: what is taken of it is a part of a long text.
    const answer = `${host} kernel 6.1.0-25-cloud-amd64 ${'x'.repeat(10_000)}`
    const start = answer.indexOf('6.1')
    const kernel = answer.slice(start, start + 21)
    const result = {
      ...shape,
      facts: { ...shape.facts, kernel, count: host, max: 1, hashsize: 1, memory_bytes: 1 },
    }
    held.push(await compactResults(executorThatGives(result)).remedy(job))
  }
  const bytesPerHost = (gc() - before) / held.length
  expect(held.length).toBe(2000)
  expect(bytesPerHost).toBeLessThan(4000)
})

/** A full collection, and the bytes in use after it. */
async function collector(): Promise<() => number> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import('node:v8'),
    import('node:vm'),
  ])
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  return () => {
    gc()
    return process.memoryUsage().heapUsed
  }
}
