import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { HostJob, Manner } from '../../../src/fleet/remedy-host.ts'
import { inThreads } from '../../../src/fleet/threads/in-threads.ts'
import { wishRemedy } from '../../../src/fleet/wish-remedy.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import type { HostResult, RunResult } from '../../../src/report/host-result.ts'
import { runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder, targetOf } from './fresh-lab.ts'

const relieve = 'playbooks/relieve-now.yml'
const web = conditions.filter(({ name }) => name === 'web')

/** What became of each host, in order: all that a run decides, without texts that hold addresses and paths. */
async function outcomeOf(lab: Lab, ...words: string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await runProgram([
    ...words,
    ...['-i', lab.inventoryFile, '--state-dir', labFolder(), '--output', 'json', '--quiet', '--timeout', '3'],
  ])
  expect(stderr).toBe('')
  return (JSON.parse(stdout) as RunResult).hosts.map(({ host, status, facts, changes, findings, error }) =>
    [
      ...[host, status, facts?.count, facts?.max, error?.kind, error?.stage],
      ...changes.map(({ key, before, after, state }) => `${key} ${before}->${after} ${state}`),
      ...findings.map(({ code, message }) => `${code} ${message}`),
    ].join(' '),
  )
}

describe('work in threads', () => {
  test('comes to the same results, in the same order, as in one', async () => {
    const lab = await freshLab({ conditions, faults: { edge01: { kind: 'refuses_key' } } })
    const planned = await outcomeOf(lab, 'plan', relieve, '--workers', '1')
    expect(await outcomeOf(lab, 'plan', relieve, '--workers', '3')).toEqual(planned)
    const applied = await outcomeOf(lab, 'apply', relieve, '--workers', '3')
    expect(applied.filter((line) => line.includes(' changed '))).not.toHaveLength(0)
    const single = await outcomeOf(lab, 'verify', relieve, '--workers', '1')
    expect(await outcomeOf(lab, 'verify', relieve, '--workers', '3')).toEqual(single)
    expect(single.filter((line) => line.includes(' ok '))).not.toHaveLength(0)
  }, 120_000)

  test('keeps the plan of each host before it is changed, and its result', async () => {
    const lab = await freshLab({ conditions: web, copies: 6 })
    const state = labFolder()
    const { exitCode } = await runProgram([
      ...['apply', relieve, '-i', lab.inventoryFile, '--workers', '2', '--state-dir', state],
    ])
    expect(exitCode).toBe(0)
    const { stdout } = await runProgram(['runs', '--state-dir', state, '--output', 'json'])
    const [{ run }] = JSON.parse(stdout) as [{ run: string }]
    const lines = readFileSync(join(state, 'runs', run, 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind)
    expect(kinds.filter((kind) => kind === 'planned')).toHaveLength(6)
    expect(kinds.filter((kind) => kind === 'finished')).toHaveLength(6)
  })

  test('a thread that dies costs its own hosts, and the run goes on', async () => {
    const lab = await freshLab({ conditions: web, copies: 6 })
    const manner: Manner = {
      mode: 'apply',
      scope: 'plan',
      allowed: new Set(),
      who: 'a test',
      historyOf: () => ({ earlier: null, points: [], nowSeconds: 0 }),
      peakCountOf: () => null,
      signal: new AbortController().signal,
      onStage: () => {},
      onPlanned: async () => true,
    }
    const file = new URL('dying-thread.mjs', import.meta.url)
    await using executor = inThreads(manner, {
      threads: 1,
      ask: null,
      start: (workerData) => new Worker(file, { workerData, resourceLimits: { maxOldGenerationSizeMb: 24 } }),
    })
    const jobs = lab.hosts.map((host): HostJob => ({
      label: { host: host.name, play: 'raise' },
      target: targetOf(lab, host),
      remedy: wishRemedy({
        ...{ play: 'raise', max: 300_000, sysctls: [] },
        ...{ persist: true, conflicts: 'report', module: 'leave' },
      }),
      confirmSeconds: null,
    }))
    const results: HostResult[] = []
    for (const job of jobs) results.push(await executor.remedy(job))
    expect(results.map(({ host, status }) => `${host} ${status}`)).toEqual([
      'web01 ok',
      'web02 failed',
      'web03 unknown',
      'web04 ok',
      'web05 failed',
      'web06 ok',
    ])
    expect(results[1]?.error?.message).toContain('something gave way')
    expect(results[4]?.error?.message).toMatch(/memory/)
    expect(results[2]?.changes.map(({ key, state }) => `${key} ${state}`)).toEqual(['x planned'])
  })
})
