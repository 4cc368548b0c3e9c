import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runOnRig } from './run-on-rig.ts'
import { isFullTrial, setCut, tally, type TrialFleet, trialFleet } from './trial-fleet.ts'

const hosts = isFullTrial ? 50 : 10
const rounds = isFullTrial
  ? { plan: 4, apply: 8, controller: 60, shell: 6, all: 2 }
  : { plan: 1, apply: 2, controller: 3, shell: 1, all: 1 }
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

  test('after kill -9 of a remote shell at any moment', async () => {
    const sum = { trials: 0, before: 0, after: 0, hit: 0 }
    for (let round = 0; round < rounds.shell; round += 1) {
      await fleet.reset()
      const killers = Promise.all(fleet.rig.hosts.map((host) => host.exec(killer('one', Math.random()))))
      await setTimeout(300)
      const { result } = await run('apply')
      sum.hit += (await killers).filter(({ stdout }) => stdout.includes('killed')).length
      const counts = tally(fleet, await fleet.settled())
      expect(counts.violations).toEqual([])
      expect(counts.after).toBeGreaterThanOrEqual(result.totals.changed)
      sum.trials += hosts
      sum.before += counts.before
      sum.after += counts.after
      await applyWhole()
    }
    console.log(
      `kill -9 of a remote shell: ${sum.trials} moments (${sum.hit} met one); as before: ${sum.before}, as after: ${sum.after}, violations: 0`,
    )
    expect(sum.hit).toBeGreaterThan(0)
  })

  test('and where every shell is killed at one blow, after the next apply', async () => {
    const sum = { trials: 0, half: 0 }
    for (let round = 0; round < rounds.all; round += 1) {
      await fleet.reset()
      const killers = Promise.all(fleet.rig.hosts.map((host) => host.exec(killer('all', Math.random()))))
      await setTimeout(300)
      await run('apply')
      await killers
      const { result } = await run('plan')
      sum.half += result.hosts.filter(({ findings }) =>
        findings.some(({ code }) => code === 'interrupted-run'),
      ).length
      sum.trials += hosts
      await applyWhole()
    }
    console.log(
      `kill -9 of all shells of a host: ${sum.trials} moments, ${sum.half} hosts half changed, all of them right after the next apply`,
    )
  })
})

/**
 * Waits for the change to begin, half of the time for up to 100 ms more, and kills one of the shells that make it, or all. A login
 * that is gone before that is not met.
 */
function killer(victims: 'one' | 'all', chance: number): string {
  return `
tries=0
until [ -h /run/conntrackctl.lock ]; do
  tries=$((tries + 1))
  if [ $tries -gt 6000 ]; then exit 0; fi
  sleep 0.01
done
sleep ${Math.max(0, chance * 0.2 - 0.1).toFixed(3)}
found=
for process in /proc/[0-9]*; do
  if [ "$(tr '\\0' ' ' <$process/cmdline 2>/dev/null)" = '/bin/sh ' ]; then found="$found \${process#/proc/}"; fi
done
set -- $found
if [ $# = 0 ]; then exit 0; fi
echo killed
${victims === 'all' ? 'kill -9 "$@"' : `shift $(($# * ${Math.floor(chance * 1000)} / 1000)); kill -9 "$1"`}`
}
