import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSession } from '../../../src/ssh/open-session.ts'
import type { Target } from '../../../src/ssh/target.ts'
import { attempt, failureOf, marks, never, script } from './attempt.ts'
import { limits, temporaryFolder } from './fake-host.ts'

/**
 * What holds of a session whatever carries it. `targetFor` gives a target whose shell can write to the folders of
 * this machine.
 */
export function sessionContract(name: string, targetFor: () => Promise<Target>): void {
  describe(`a session over ${name}`, () => {
    const withLimits = async (changes: Partial<Target['limits']>): Promise<Target> => ({
      ...(await targetFor()),
      limits: limits(changes),
    })

    test('keeps one shell for two exchanges, and drops what it says on standard error', async () => {
      await using session = await openSession(await targetFor(), never)
      const first = await session.exchange(script('kept=value; echo noise >&2; echo one'), marks, 'read')
      expect(first).toBe(`one\n\n${marks.end} 0\n`)
      expect(await session.exchange(script('echo $kept'), marks, 'apply')).toBe(`value\n\n${marks.end} 0\n`)
    })

    test('carries a megabyte in both directions', async () => {
      const text = 'zwölf Boxkämpfer 漢字\n'.repeat(40_000)
      const target = await withLimits({ outputBytes: 8 * 1024 * 1024, commandSeconds: 30 })
      const answer = await attempt(target, `cat <<'EOF'\n${text}EOF\ntrue`)
      expect(answer).toBe(`${text}\n${marks.end} 0\n`)
    })

    test('tells how a shell ended that did not answer, in words that no terminal obeys', async () => {
      const work = `printf '\\033[2J\\033]0;owned\\007gone\\n' >&2; exit 7`
      const failure = await failureOf(attempt(await targetFor(), work))
      expect(failure).toMatchObject({ kind: 'shell', stage: 'read' })
      expect(failure.message).toMatch(/ended with status 7.*\\x1b\[2J\\x1b\]0;owned\\x07gone/)
    })

    test.for([
      ['its answer', 'yes', /more than 1048576 bytes/],
      ['standard error', 'yes >&2', /bytes beside its answer/],
      ['one line', `head -c 3000000 /dev/zero | tr '\\0' x`, /more than 1048576 bytes/],
    ] as const)('gives up a host that floods %s', async ([, work, message]) => {
      const failure = await failureOf(attempt(await withLimits({ commandSeconds: 60 }), work))
      expect(failure).toMatchObject({ kind: 'flood', stage: 'read' })
      expect(failure.message).toMatch(message)
    })

    test('gives up a host that does not answer', async () => {
      await using session = await openSession(await withLimits({ commandSeconds: 4 }), never)
      await session.exchange(script('echo'), marks, 'read')
      const failure = await failureOf(session.exchange(script('sleep 20'), marks, 'read'))
      expect(failure).toMatchObject({ kind: 'timeout', stage: 'read' })
    })

    test('is cancelled at once', async () => {
      const controller = new AbortController()
      await using session = await openSession(await targetFor(), controller.signal)
      await session.exchange(script('echo'), marks, 'read')
      const failed = failureOf(session.exchange(script('sleep 20'), marks, 'apply'))
      controller.abort()
      expect(await failed).toMatchObject({ kind: 'cancelled' })
    })

    test('that is cut does not cut what has begun there', async () => {
      const folder = temporaryFolder()
      const [begun, done] = [join(folder, 'begun'), join(folder, 'done')]
      const session = await openSession(await targetFor(), never)
      await session.exchange(script('echo'), marks, 'read')
      const work = `trap '' HUP INT PIPE TERM; echo >'${begun}'; sleep 0.5; echo more; echo done >'${done}'`
      const failed = failureOf(session.exchange(script(work), marks, 'apply'))
      await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true)
      await session[Symbol.asyncDispose]()
      expect(await failed).toMatchObject({ kind: 'cancelled' })
      await expect.poll(() => existsSync(done), { timeout: 10_000 }).toBe(true)
    })

    test('says the same again after it has failed', async () => {
      await using session = await openSession(await targetFor(), never)
      await session.exchange(script('echo'), marks, 'read')
      const failure = await failureOf(session.exchange(script('kill -9 $$'), marks, 'apply'))
      expect(failure).toMatchObject({ kind: 'shell', stage: 'apply' })
      const after = await failureOf(session.exchange(script('echo'), marks, 'read'))
      expect(after).toMatchObject({ stage: 'read', message: failure.message })
    })
  })
}
