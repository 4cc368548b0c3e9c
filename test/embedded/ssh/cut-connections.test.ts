import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSession } from '../../../src/ssh/open-session.ts'
import type { Target } from '../../../src/ssh/target.ts'
import { attempt, failureOf, marks, never, script } from './attempt.ts'
import { listen, startFakeHost, targetAt, temporaryFolder } from './fake-host.ts'

interface Relay {
  readonly port: number
  /** Bytes that went each way over the last connection. */
  readonly passed: { toHost: number; fromHost: number }
}

/** Passes everything on to `inner` until `cutAt` bytes have gone one way, then drops both connections. */
async function relay(inner: number, way: 'toHost' | 'fromHost', cutAt: number): Promise<Relay> {
  const passed = { toHost: 0, fromHost: 0 }
  const port = await listen((socket) => {
    const upstream = connect(inner, '127.0.0.1')
    upstream.on('error', () => {})
    upstream.setNoDelay(true)
    const pass = (chunk: Buffer, direction: 'toHost' | 'fromHost'): void => {
      const left = direction === way ? cutAt - passed[direction] : Infinity
      const to = direction === 'toHost' ? upstream : socket
      if (chunk.length < left) {
        passed[direction] += chunk.length
        to.write(chunk)
        return
      }
      passed[direction] += left
      to.end(chunk.subarray(0, left), () => {
        socket.destroy()
        upstream.destroy()
      })
    }
    socket.on('data', (chunk) => pass(chunk, 'toHost'))
    upstream.on('data', (chunk) => pass(chunk, 'fromHost'))
    socket.on('close', () => upstream.destroy())
    upstream.on('close', () => socket.destroy())
  })
  return { port, passed }
}

/** An answer that is always as many packets: the shell prints it in one go. */
const oneWrite = `{ printf '%s\\n' ${marks.begin} done '${marks.end} 0'; }`

async function exchangeOnce(target: Target): Promise<string> {
  await using session = await openSession(target, never)
  return await session.exchange(oneWrite, marks, 'read')
}

const points = Array.from({ length: 50 }, (_, index) => (index + 1) / 51)

test('cut at 50 points of what the host sends: always one failure, and always the same kind', async () => {
  const inner = await startFakeHost()
  const whole = await relay(inner, 'fromHost', Infinity)
  await using session = await openSession(targetAt(whole.port), never)
  await session.exchange(oneWrite, marks, 'read')
  const answered = whole.passed.fromHost
  const stages = new Set<string>()
  for (const point of points) {
    const { port } = await relay(inner, 'fromHost', Math.floor(answered * point))
    const failure = await failureOf(exchangeOnce(targetAt(port)))
    expect(failure.kind).toBe('dropped')
    stages.add(failure.stage)
  }
  expect(stages).toContain('login')
})

test('cut at 50 points of what we send: no half of a script runs', async () => {
  const inner = await startFakeHost()
  const proof = join(temporaryFolder(), 'proof')
  const work = `# ${'x'.repeat(20_000)}\ntouch ${proof}`
  const whole = await relay(inner, 'toHost', Infinity)
  await using session = await openSession(targetAt(whole.port), never)
  const login = whole.passed.toHost
  await session.exchange(script('true'), marks, 'read')
  for (const point of points) {
    const { port } = await relay(inner, 'toHost', login + Math.floor(20_000 * point))
    expect((await failureOf(attempt(targetAt(port), work))).kind).toBe('dropped')
    expect(existsSync(proof)).toBe(false)
  }
  const unharmed = await relay(inner, 'toHost', Infinity)
  await attempt(targetAt(unharmed.port), work)
  expect(existsSync(proof)).toBe(true)
})
