import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LockedError } from '../../../src/problem.ts'
import { takeRunLock } from '../../../src/schedule/run-lock.ts'

const never = new AbortController().signal
const holder = { run: '20261123T000000Z-0000', pid: 4711, user: 'ops', since: '2026-11-23T00:00:00.000Z' }

function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the second one is told who holds it, and gets it once it is free', async () => {
  const folder = stateFolder()
  const first = await takeRunLock(folder, '/p.yml', holder, 0, never)
  const second = takeRunLock(folder, '/p.yml', { ...holder, pid: 1 }, 0, never)
  await expect(second).rejects.toThrow(LockedError)
  await expect(second).rejects.toThrow(
    '/p.yml is being run already, by run 20261123T000000Z-0000 of ops (pid 4711, since 2026-11-23T00:00:00.000Z); wait for it with --lock-wait, or let it end',
  )
  await first[Symbol.asyncDispose]()
  const third = await takeRunLock(folder, '/p.yml', holder, 0, never)
  await third[Symbol.asyncDispose]()
})

test('two playbooks do not wait for each other', async () => {
  const folder = stateFolder()
  await using one = await takeRunLock(folder, '/p.yml', holder, 0, never)
  await using other = await takeRunLock(folder, '/q.yml', holder, 0, never)
  expect(one).not.toBe(other)
})

test('one that waits gets it when the holder ends', async () => {
  const folder = stateFolder()
  const first = await takeRunLock(folder, '/p.yml', holder, 0, never)
  const second = takeRunLock(folder, '/p.yml', holder, 60, never)
  await first[Symbol.asyncDispose]()
  await (await second)[Symbol.asyncDispose]()
})

test('the lock of a process that was killed is free', async () => {
  const folder = stateFolder()
  await (await takeRunLock(folder, '/p.yml', holder, 0, never))[Symbol.asyncDispose]()
  // Holds the lock as another controller would, and says so.
  const child = spawn(
    'sh',
    ['-c', 'set -- "$0"/locks/*.lock; exec 3<>"$1"; flock -n 3 && echo held && exec sleep 1000', folder],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  await new Promise((resolve) => child.stdout.once('data', resolve))
  await expect(takeRunLock(folder, '/p.yml', holder, 0, never)).rejects.toThrow(LockedError)
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  await (await takeRunLock(folder, '/p.yml', holder, 0, never))[Symbol.asyncDispose]()
})

test('a holder that has not said yet who it is gets a moment to', async () => {
  const folder = stateFolder()
  await (await takeRunLock(folder, '/p.yml', { ...holder, pid: 1 }, 0, never))[Symbol.asyncDispose]()
  const child = spawn(
    'sh',
    [
      '-c',
      'set -- "$1" "$0"/locks/*.lock; exec 3<>"$2"; flock -n 3 && echo held && sleep 0.2 && echo "$1" >&3; exec sleep 1000',
      folder,
      JSON.stringify(holder),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  await expect(takeRunLock(folder, '/p.yml', holder, 0, never)).rejects.toThrow('(pid 4711, since')
})
