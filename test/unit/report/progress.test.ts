import { setTimeout as wait } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { RunEvent } from '../../../src/fleet/run-event.ts'
import { startProgress } from '../../../src/report/progress.ts'
import type { ProgressSink } from '../../../src/report/progress-sink.ts'
import { FakeTerminal } from './fake-terminal.ts'
import { madeUpHost } from './made-up.ts'

const loaded = vi.hoisted(() => ({ listr2: false }))
vi.mock('listr2', async (original) => {
  loaded.listr2 = true
  return original()
})

const play = 'Raise the ceiling'
const finished = (host: string, isFine: boolean): RunEvent => ({
  kind: 'host_finished',
  result: isFine
    ? madeUpHost(host, 'changed')
    : madeUpHost(host, 'unreachable', {
        error: {
          kind: 'timeout',
          stage: 'connect',
          message: `no answer from ${host}\u001b[2J`,
          hint: 'Is it up?',
        },
      }),
})

function sinkOn(terminal: FakeTerminal, isTty = true): ProgressSink {
  const { columns, rows } = terminal
  return { stream: terminal as unknown as NodeJS.WriteStream, isTty, hasColor: isTty, columns, rows }
}

/** Resolves once the terminal shows what is waited for. */
async function shows(terminal: FakeTerminal, text: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(terminal.screen).toMatch(text), { timeout: 5000, interval: 5 })
}

test('off a terminal listr2 is not even loaded, and a small fleet is a few plain lines', async () => {
  const log = new FakeTerminal(Infinity, 0)
  const progress = startProgress(sinkOn(log, false), 'apply', false)
  progress.event({ kind: 'play_started', play, hosts: 3 })
  for (const host of ['web1', 'web2', 'web3']) {
    progress.event({ kind: 'stage_reached', host, stage: 'connect' })
    progress.event(finished(host, host !== 'web2'))
  }
  progress.event({ kind: 'play_finished', play })
  await progress.stop()
  expect(log.screen).toBe(`apply: Raise the ceiling: 3 hosts
web2: unreachable: timeout (connect): no answer from web2\\x1b[2J
apply: Raise the ceiling: done: changed=2 unreachable=1`)
  expect(loaded.listr2).toBe(false)
})

test('a quiet run shows nothing', async () => {
  const terminal = new FakeTerminal(80, 24)
  const progress = startProgress(sinkOn(terminal), 'apply', true)
  progress.event({ kind: 'play_started', play, hosts: 1 })
  progress.event(finished('web1', false))
  await progress.stop()
  expect(terminal.screen).toBe('')
})

test('a play on a terminal: a row that lives, the latest hosts in trouble, and one row that stays', async () => {
  const terminal = new FakeTerminal(100, 24)
  const signals = process.listenerCount('SIGINT')
  const stdout = vi.spyOn(process.stdout, 'write')
  const progress = startProgress(sinkOn(terminal), 'apply', false)
  progress.event({ kind: 'play_started', play, hosts: 1000 })
  for (let n = 0; n < 400; n += 1) progress.event(finished(`web${n}`, n % 50 > 0))
  for (let n = 400; n < 412; n += 1) progress.event({ kind: 'stage_reached', host: `web${n}`, stage: 'read' })
  await shows(terminal, /Raise the ceiling {2}400\/1000 hosts {2}8 unreachable {2}12 reading\n/)
  expect(terminal.screen.split('\n')).toHaveLength(6)
  expect(terminal.screen).toContain('web350: unreachable: timeout (connect): no answer from web350\\x1b[2J')
  expect(terminal.cursor).toBe('hidden')
  expect(process.listenerCount('SIGINT')).toBe(signals)

  for (let n = 400; n < 1000; n += 1) progress.event(finished(`web${n}`, true))
  progress.event({ kind: 'play_finished', play })
  await progress.stop()
  expect(terminal.screen).toBe('✖ Raise the ceiling  1000/1000 hosts  8 unreachable')
  expect(terminal.tallest).toBe(6)
  expect(terminal.cursor).toBe('shown')
  expect(stdout).not.toHaveBeenCalled()
  stdout.mockRestore()
})

test('what others write while a play is drawn appears at once, above it, and stays', async () => {
  const terminal = new FakeTerminal(80, 24)
  const progress = startProgress(sinkOn(terminal), 'apply', false)
  progress.event({ kind: 'play_started', play, hosts: 2 })
  await shows(terminal, '0/2 hosts')
  terminal.write('stopping: no new hosts\n')
  expect(terminal.screen).toMatch(/^stopping: no new hosts\n.*0\/2 hosts/)
  progress.event(finished('web1', true))
  await shows(terminal, '1/2 hosts')
  progress.event(finished('web2', true))
  progress.event({ kind: 'play_finished', play })
  await progress.stop()
  terminal.write('the report\n')
  expect(terminal.screen).toBe('stopping: no new hosts\n✔ Raise the ceiling  2/2 hosts\nthe report')
})

test('plays are drawn one after the other, also when they are over before the drawing begins', async () => {
  const terminal = new FakeTerminal(80, 24)
  const progress = startProgress(sinkOn(terminal), 'plan', false)
  for (const name of ['one', 'two', 'three']) {
    progress.event({ kind: 'play_started', play: name, hosts: 1 })
    progress.event(finished('web1', name !== 'two'))
    progress.event({ kind: 'play_finished', play: name })
  }
  await progress.stop()
  expect(terminal.screen).toBe('✔ one  1/1 hosts\n✖ two  1/1 hosts  1 unreachable\n✔ three  1/1 hosts')
})

test('a run that is stopped in the middle leaves the screen clean', async () => {
  const terminal = new FakeTerminal(80, 24)
  const progress = startProgress(sinkOn(terminal), 'apply', false)
  progress.event({ kind: 'play_started', play, hosts: 5 })
  progress.event(finished('web1', true))
  await shows(terminal, '1/5 hosts')
  await progress.stop()
  const left = terminal.screen
  expect(left).toBe('✖ Raise the ceiling  1/5 hosts')
  // Longer than any timer of the drawing: nothing may be written after `stop`.
  await wait(400)
  expect(terminal.screen).toBe(left)
  expect(terminal.cursor).toBe('shown')
})
