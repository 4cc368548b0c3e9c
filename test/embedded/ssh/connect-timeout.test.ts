import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { attempt, failureOf } from './attempt.ts'
import { limits, targetAt } from './fake-host.ts'

/** A port whose queue of new connections is full: Linux drops the next ones, as a full connection table does. */
async function fullPort(): Promise<number> {
  const program = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      process.stdout.write(String(server.address().port) + '\\n', () => {
        // Nothing is ever accepted from here on.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      })
    })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())))
  })
  const sockets: Socket[] = []
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  for (let count = 0; count < 2; count += 1) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    await new Promise((resolve) => socket.once('connect', resolve))
  }
  return port
}

test('a host that does not answer at all', async () => {
  const port = await fullPort()
  const started = performance.now()
  const target = targetAt(port, { limits: limits({ connectSeconds: 0.5 }) })
  expect(await failureOf(attempt(target))).toMatchObject({
    kind: 'timeout',
    stage: 'connect',
    message: `127.0.0.1 port ${port} did not answer within 0.5 s`,
  })
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('cancelled while connecting', async () => {
  const port = await fullPort()
  const controller = new AbortController()
  const failed = failureOf(attempt(targetAt(port), 'true', controller.signal))
  controller.abort()
  expect(await failed).toMatchObject({ kind: 'cancelled', stage: 'connect' })
})

test('cancelled before it began', async () => {
  const failed = failureOf(attempt(targetAt(1), 'true', AbortSignal.abort()))
  expect(await failed).toMatchObject({ kind: 'cancelled', stage: 'connect' })
})
