import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'bullmq'
import { expect, test } from 'vitest'
import { protocol, queueName, queuePrefix, runnerBox } from '../../src/queue/key-names.ts'
import { readBox } from '../../src/queue/mailbox.ts'
import { jobSchema, readMessage, toRunnerSchema } from '../../src/queue/messages.ts'
import { readQueueAddress } from '../../src/queue/queue-address.ts'
import { openRedisLink } from '../../src/queue/redis-link.ts'
import { beatRunner } from '../../src/queue/runner-list.ts'
import { hashOf, readSigningKey, readTrust } from '../../src/queue/signed-text.ts'
import type { HostResult } from '../../src/report/host-result.ts'
import { Conversation } from '../../src/runner/conversation.ts'
import { newNonce } from '../../src/runner/do-job.ts'
import { resultOf, tally } from './queue-rig.ts'
import { hosts, redis, rig, start, version } from './trial.ts'

test('a runner that lies, with a key that is trusted, gets no further than its own hosts', async () => {
  await using liar = await startLiar(({ host, play }) => {
    const error = { kind: 'lost', stage: 'read', message: `gone\u001B[2J${'x'.repeat(2_000_000)}`, hint: '' }
    const told = { host, play, status: 'unreachable', facts: null, changes: [], findings: [], error: null }
    if (host === 'h1') return { ...told, status: 'changed' }
    if (host === 'h2') return { ...told, status: 'splendid' }
    if (host === 'h3') return { ...told, host: 'h1', status: 'ok' }
    return { ...told, error }
  })
  const run = start()
  expect(await run.ended, run.said.stderr).not.toBe(0)
  const { hosts: results } = resultOf(run)
  expect(tally(results.filter(({ host }) => /^h[123]$/.test(host)))).toEqual({
    ...{ 'unknown runner': 1, 'failed runner': 1, ok: 1 },
  })
  expect(results.find(({ host }) => host === 'h1')?.error?.message).toContain('had not been allowed to')
  expect(results.find(({ host }) => host === 'h2')?.error?.message).toContain('is no result')
  expect(results.find(({ host }) => host === 'h3')?.status).toBe('ok')
  expect(results).toHaveLength(hosts)
  expect(run.said.stderr).not.toContain('\u001B')
  expect(liar.dones()).toBe(hosts)
  expect(rig.logins()).toBe(0)
})

test('runners whose keys are not trusted, or for another zone: told, and the run ends', async () => {
  const key = readFileSync(`${rig.keys.runner}.pub`, 'utf8')
  const stranger = readFileSync(`${rig.keys.stranger}.pub`, 'utf8')
  await rig.runner(redis.address)
  const trials = [
    { text: stranger, expected: /that is trusted; .*SHA256:\S+, which is not trusted here/ },
    { text: `zones="us" ${key}`, expected: /the key of the runner \S+ is not trusted for the zone lab/ },
  ].map(({ text, expected }, index) => {
    const trust = join(rig.folder, `trust-${index}`)
    writeFileSync(trust, text)
    const words = ['--trust', trust, '--runner-timeout', '2s']
    return { run: rig.coordinate('apply', redis.address, words), expected }
  })
  for (const { run, expected } of trials) {
    expect(await run.ended, run.said.stderr).toBe(2)
    expect(tally(resultOf(run).hosts)).toEqual({ 'failed runner': hosts })
    for (const { error } of resultOf(run).hosts) expect(error?.message).toMatch(expected)
  }
  expect(rig.logins()).toBe(0)
})

/** A runner that has its turn properly and then tells what it likes. */
async function startLiar(
  lie: (label: { readonly host: string; readonly play: string }) => object,
): Promise<AsyncDisposable & { readonly dones: () => number }> {
  const link = await openRedisLink({
    ...{ address: readQueueAddress(redis.address), password: null, certificates: null, own: null },
  })
  const signer = readSigningKey(rig.keys.runner)
  const trust = await readTrust(`${rig.keys.coordinator}.pub`)
  const stopped = new AbortController()
  const talks = new Map<string, Conversation>()
  const runner = 'liar'
  let dones = 0
  const beat = (): Promise<void> => beatRunner(link, 'lab', runner, { version, protocol })
  await beat()
  const timer = setInterval(() => void beat(), 1000)
  void readBox(link, runnerBox(runner), stopped.signal, (sealed) => {
    const read = readMessage(trust.open(sealed), toRunnerSchema)
    if (read.ok && read.message.kind !== 'cut')
      talks.get(read.message.nonce)?.hear(read.message, read.speaker)
  })
  const worker = new Worker<{ readonly sealed: string }>(
    queueName('lab', version),
    async ({ data: { sealed } }) => {
      const read = readMessage(trust.open(sealed), jobSchema)
      if (!read.ok) throw new Error(read.why)
      const { run, job, label } = read.message
      const taking = { run, job, nonce: newNonce() }
      const talk = new Conversation(link, signer, run, read.speaker.fingerprint)
      talks.set(taking.nonce, talk)
      const take = { kind: 'take', ...taking, runner, hash: hashOf(sealed) } as const
      await talk.ask(take, (answer) => answer.kind === 'go', 20, stopped.signal)
      const ended = { kind: 'ended', ...taking, runner, result: lie(label) as HostResult } as const
      const got = await talk.ask(ended, (answer) => answer.kind === 'got', 20, stopped.signal)
      if (got !== null) dones += 1
    },
    { connection: await link.another(), prefix: queuePrefix, concurrency: 4 },
  )
  worker.on('error', () => {})
  return {
    dones: () => dones,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      stopped.abort()
      await worker.close(true)
      await link[Symbol.asyncDispose]()
    },
  }
}
