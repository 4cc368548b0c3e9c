import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runOnRig } from './run-on-rig.ts'
import { strikeShells } from './strike-shells.ts'
import { isFullTrial } from '../full-trials.ts'
import { setCut, tally, type TrialFleet, trialFleet } from './trial-fleet.ts'

const hosts = isFullTrial ? 50 : 10
/** The lock of a run and its list of steps, which nobody has taken over. */
const leftEarly = /^\.conntrackctl\.\w+\.journal\.new\nconntrackctl\.lock\n/m
const rounds = isFullTrial
  ? { plan: 4, apply: 8, controller: 150, shell: 6, session: 6 }
  : { plan: 1, apply: 2, controller: 3, shell: 1, session: 1 }
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const patience = ['--command-timeout', '60', '--login-timeout', '60', '-T', '30']

describe('a host is wholly as before or wholly as after', { timeout: 3_600_000 }, () => {
  let fleet: TrialFleet
  /** Bytes of a whole connection: to the host and from it. */
  let bytes: Record<'plan' | 'apply', { toHost: number; fromHost: number }>
  const first = () => fleet.rig.hosts[0]!
  const run = (command: string, words: readonly string[] = []) =>
    runOnRig(fleet.rig, [command, fleet.playbook, ...patience, ...words])
  const applyWhole = async (): Promise<void> => {
    for (const host of fleet.rig.hosts) setCut(host, undefined, 'to-host')
    const { result } = await run('apply')
    expect(result.hosts.filter(({ status }) => status !== 'ok' && status !== 'changed')).toEqual([])
    expect(tally(fleet, await fleet.settled())).toEqual({ before: 0, after: hosts, violations: [] })
  }

  beforeAll(async () => {
    fleet = await trialFleet(hosts)
    await run('plan')
    const plan = { ...first().proxy!.bytes }
    await run('apply')
    const apply = { ...first().proxy!.bytes }
    bytes = { plan, apply }
    fleet.after.push(...(await fleet.settled()))
    expect(fleet.after.every((said, index) => said !== fleet.before[index])).toBe(true)
    await fleet.reset()
    expect(await fleet.settled()).toEqual(fleet.before)
  }, 600_000)
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]()
  }, 120_000)

  test('after a connection that was cut anywhere, both ways, over plan and apply', async () => {
    const sum = { trials: 0, before: 0, after: 0, violations: [] as string[] }
    for (const command of ['plan', 'apply'] as const)
      for (const direction of ['to-host', 'from-host'] as const)
        for (let round = 0; round < rounds[command]; round += 1) {
          const whole = bytes[command][direction === 'to-host' ? 'toHost' : 'fromHost']
          fleet.rig.hosts.forEach((host, index) =>
            setCut(
              host,
              Math.floor((whole * (index * rounds[command] + round)) / (hosts * rounds[command])),
              direction,
            ),
          )
          const { result } = await run(command, ['--retries', '0'])
          const counts = tally(fleet, await fleet.settled())
          sum.trials += hosts
          sum.before += counts.before
          sum.after += counts.after
          sum.violations.push(...counts.violations)
          expect(counts.violations, `${command}, ${direction}, round ${round}`).toEqual([])
          if (command === 'plan') expect(counts.after).toBe(0)
          // What is called unchanged is unchanged, and what is called changed is changed.
          expect(counts.after).toBeGreaterThanOrEqual(result.totals.changed)
          if (command === 'apply') {
            await applyWhole()
            await fleet.reset()
          }
        }
    console.log(
      `cuts: ${sum.trials}; hosts as before: ${sum.before}, as after: ${sum.after}, violations: ${sum.violations.length}`,
    )
    if (isFullTrial) expect(sum.trials).toBeGreaterThanOrEqual(1000)
  })

  test('after kill -9 of the controller at any moment', async () => {
    const sum = { trials: 0, before: 0, after: 0 }
    for (const host of fleet.rig.hosts) setCut(host, undefined, 'to-host')
    const begun = performance.now()
    await run('apply')
    const wholeMilliseconds = performance.now() - begun
    for (let round = 0; round < rounds.controller; round += 1) {
      await fleet.reset()
      const child = spawn(
        process.execPath,
        [
          program,
          'apply',
          fleet.playbook,
          '-i',
          fleet.rig.inventoryPath,
          '--state-dir',
          `${fleet.rig.folder}/state`,
          ...patience,
        ],
        { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: '/nonexistent' } },
      )
      const ended = new Promise((resolve) => child.once('close', resolve))
      await setTimeout(wholeMilliseconds * (0.2 + 0.8 * Math.random()))
      child.kill('SIGKILL')
      await ended
      const counts = tally(fleet, await fleet.settled())
      expect(counts.violations).toEqual([])
      sum.trials += 1
      sum.before += counts.before
      sum.after += counts.after
    }
    await applyWhole()
    console.log(
      `kill -9 of the controller: ${sum.trials} moments over ${hosts} hosts; as before: ${sum.before}, as after: ${sum.after}, violations: 0`,
    )
  })

  test.each([
    ['one', 'a remote shell', rounds.shell],
    ['session', 'all shells of a session', rounds.session],
  ] as const)('after kill -9 of %s of a host, at any moment', async (victims, what, times) => {
    const sum = { trials: 0, before: 0, after: 0, hit: 0, early: 0, violations: [] as string[] }
    for (const host of fleet.rig.hosts) setCut(host, undefined, 'to-host')
    for (let round = 0; round < times; round += 1) {
      await fleet.reset()
      const struck = await strikeShells(fleet.rig, victims)
      const { result } = await run('apply')
      sum.hit += await struck.end()
      const states = await fleet.settled()
      // Killed before what stands by had a session of its own: nothing was changed, and the next run, below, clears this.
      const early = victims === 'session' ? states.filter((said) => leftEarly.test(said)).length : 0
      const counts = tally(fleet, early === 0 ? states : states.map((said) => said.replace(leftEarly, '')))
      sum.early += early
      sum.trials += hosts
      sum.before += counts.before
      sum.after += counts.after
      sum.violations.push(...counts.violations)
      expect(counts.violations, `${victims}, round ${round}`).toEqual([])
      expect(counts.after).toBeGreaterThanOrEqual(result.totals.changed)
      await applyWhole()
    }
    console.log(
      `kill -9 of ${what}: ${sum.trials} moments (${sum.hit} met one); as before: ${sum.before}, as after: ${sum.after}, of a dead run's lock and list: ${sum.early}, violations: ${sum.violations.length}`,
    )
    expect(sum.hit).toBeGreaterThan(0)
  })
})
