import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import type { Fault } from '../../../src/lab/fault.ts'
import type { LabHost } from '../../../src/lab/lab-host.ts'
import { type Lab, startLab } from '../../../src/lab/start-lab.ts'
import { HostFailure } from '../../../src/ssh/failure.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import type { Target } from '../../../src/ssh/target.ts'
import { freshLab, hostNamed, labFolder, never, targetOf } from './fresh-lab.ts'

const web = conditions.filter(({ name }) => name === 'web')
const marks = { begin: '@begin-73a1', end: '@end-73a1' }

function script(work: string): string {
  return `{ echo ${marks.begin}; ${work}\necho; echo ${marks.end} $?; }\n`
}

async function exchange(
  lab: Lab,
  host: LabHost,
  work: string,
  limits: Partial<Target['limits']> = {},
): Promise<string> {
  await using session = await openSession(targetOf(lab, host, limits), never)
  return await session.exchange(script(work), marks, 'read')
}

describe('what is wrong on the way shows as what it is', () => {
  const cases: readonly (readonly [fault: Fault, kind: string, stage: string])[] = [
    [{ kind: 'down' }, 'refused', 'connect'],
    [{ kind: 'refuses_key' }, 'auth', 'login'],
    [{ kind: 'other_host_key' }, 'host_key_changed', 'connect'],
    [{ kind: 'hangs', at: 'banner' }, 'timeout', 'login'],
    [{ kind: 'hangs', at: 'command' }, 'timeout', 'login'],
    [{ kind: 'floods' }, 'flood', 'login'],
    [{ kind: 'cuts', stream: 'input', afterBytes: 0 }, 'dropped', 'login'],
    [{ kind: 'cuts', stream: 'output', afterBytes: 20 }, 'dropped', 'read'],
  ]
  test.each(cases)('%o: %s at %s', async (fault, kind, stage) => {
    const lab = await freshLab({ conditions: web, faults: { web01: fault } })
    const failure: unknown = await exchange(lab, hostNamed(lab, 'web01'), 'echo done', {
      loginSeconds: fault.kind === 'hangs' ? 1 : 20,
    }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(HostFailure)
    expect(failure).toMatchObject({ kind, stage })
    expect(await exchange(lab, hostNamed(lab, 'web02'), 'echo done')).toBe(`done\n\n${marks.end} 0\n`)
  })

  test('a greeting, and a missing exit status, are no failures', async () => {
    const lab = await freshLab({
      conditions: web,
      faults: {
        web01: { kind: 'greets', text: 'Welcome to web01!\nYou have mail.\n' },
        web02: { kind: 'hides_exit_status' },
      },
    })
    for (const name of ['web01', 'web02'])
      expect(await exchange(lab, hostNamed(lab, name), 'echo done')).toBe(`done\n\n${marks.end} 0\n`)
  })
})

test('a command that ends says how, unless it hides that', async () => {
  const lab = await freshLab({ conditions: web, faults: { web02: { kind: 'hides_exit_status' } } })
  const failureOf = (name: string, work: string): Promise<unknown> =>
    exchange(lab, hostNamed(lab, name), work).catch((error: unknown) => error)
  expect(await failureOf('web01', 'exit 7')).toMatchObject({
    kind: 'shell',
    message: expect.stringContaining('ended with status 7'),
  })
  expect(await failureOf('web01', 'kill -9 $$')).toMatchObject({
    kind: 'shell',
    // Some shells put themselves in the place of their last command, others tell what became of it.
    message: expect.stringMatching(/killed by KILL|status 137/),
  })
  expect(await failureOf('web02', 'exit 7')).toMatchObject({ kind: 'dropped' })
})

test('a script that is cut anywhere on its way runs nothing', async () => {
  const work = script('echo ran >>ran; '.repeat(20))
  const folder = labFolder()
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: work.length - 2 }), async (afterBytes) => {
      const lab = await startLab({
        folder,
        conditions: web,
        copies: 1,
        faults: { web01: { kind: 'cuts', stream: 'input', afterBytes } },
      })
      try {
        const host = hostNamed(lab, 'web01')
        await using session = await openSession(targetOf(lab, host), never)
        await expect(session.exchange(work, marks, 'read')).rejects.toThrow(HostFailure)
        expect(existsSync(join(host.root, 'ran'))).toBe(false)
      } finally {
        await lab.stop()
      }
    }),
    { numRuns: 15 },
  )
  const lab = await startLab({ folder, conditions: web, copies: 1 })
  onTestFinished(() => lab.stop())
  const host = hostNamed(lab, 'web01')
  await using session = await openSession(targetOf(lab, host), never)
  await session.exchange(work, marks, 'read')
  expect(existsSync(join(host.root, 'ran')), 'uncut, the same script runs').toBe(true)
})

test('a shell whose client has gone is left to finish', async () => {
  const lab = await freshLab({ conditions: web })
  const host = hostNamed(lab, 'web01')
  const [gate, done] = [fifo(host, 'gate'), fifo(host, 'done')]
  const away = new AbortController()
  const session = await openSession(targetOf(lab, host), away.signal)
  const answer = session.exchange(
    script(`trap '' PIPE; read -r word <gate; echo loud; echo "$word" >said; echo over >done`),
    marks,
    'read',
  )
  const opened = await open(gate, 'w')
  away.abort()
  await expect(answer).rejects.toMatchObject({ kind: 'cancelled' })
  await opened.write('on my own\n')
  await opened.close()
  const ended = await open(done)
  expect(await ended.readFile('utf8')).toBe('over\n')
  await ended.close()
  expect(readFileSync(join(host.root, 'said'), 'utf8')).toBe('on my own\n')
})

test('stop ends all that still runs, and may be called again', async () => {
  const lab = await freshLab({ conditions: web })
  const host = hostNamed(lab, 'web01')
  const started = fifo(host, 'started')
  const session = await openSession(targetOf(lab, host), never)
  const answer = session.exchange(
    script(`trap '' TERM HUP INT PIPE; sleep 1000 & echo $! >pid; echo $$ >started; wait`),
    marks,
    'read',
  )
  const lost = expect(answer).rejects.toMatchObject({ kind: 'dropped' })
  const opened = await open(started)
  const shell = Number(await opened.readFile('utf8'))
  await opened.close()
  const child = Number(readFileSync(join(host.root, 'pid'), 'utf8'))
  expect([isRunning(shell), isRunning(child)]).toEqual([true, true])
  await Promise.all([lab.stop(), lab.stop()])
  await lost
  expect([isRunning(shell), isRunning(child)]).toEqual([false, false])
  await expect(openSession(targetOf(lab, host), never)).rejects.toMatchObject({ kind: 'refused' })
})

test('an abort of the signal stops the lab', async () => {
  const given = new AbortController()
  const lab = await freshLab({ conditions: web, signal: given.signal })
  const host = hostNamed(lab, 'web01')
  expect(await exchange(lab, host, 'echo done')).toContain('done')
  given.abort()
  await lab.stop()
  await expect(openSession(targetOf(lab, host), never)).rejects.toMatchObject({ kind: 'refused' })
})

test('clients that speak nonsense, vanish or connect by the dozen do no harm', async () => {
  const lab = await freshLab({ conditions: web, copies: 1 })
  const host = hostNamed(lab, 'web01')
  for (const noise of ['GET / HTTP/1.0\r\n\r\n', 'SSH-2.0-x\r\n\0\0\0\xff\xff', 'SSH-2.0-x\r\n'])
    await shout(host, noise)
  const answers = await Promise.all(Array.from({ length: 30 }, () => exchange(lab, host, 'echo done')))
  expect(new Set(answers)).toEqual(new Set([`done\n\n${marks.end} 0\n`]))
})

/** Sends bytes to a host and hangs up at once, the hard way. */
async function shout({ address, port }: LabHost, noise: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: address, port }, () => {
      socket.write(noise, 'latin1', () => socket.resetAndDestroy())
    })
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}

/** A named pipe in a host's root, open to all. */
function fifo({ root }: LabHost, name: string): string {
  const path = join(root, name)
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
  chmodSync(path, 0o666)
  return path
}

/** A process that has ended and waits to be reaped counts as gone. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}
