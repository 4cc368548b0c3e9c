import { afterAll, beforeAll, expect, test } from 'vitest'
import { runOnRig } from './run-on-rig.ts'
import { tally, type TrialFleet, trialFleet } from './trial-fleet.ts'

let fleet: TrialFleet
beforeAll(async () => {
  fleet = await trialFleet(20)
}, 300_000)
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
}, 120_000)

test('two controllers on the same 20 hosts at once: none is changed by both, and both say what is so', async () => {
  await runOnRig(fleet.rig, ['apply', fleet.playbook])
  fleet.after.push(...(await fleet.settled()))
  const tallies: Record<string, number> = {}
  for (let round = 0; round < 3; round += 1) {
    await fleet.reset()
    const both = await Promise.all(
      [1, 2].map(() => runOnRig(fleet.rig, ['apply', fleet.playbook, '--forks', '20'])),
    )
    expect(tally(fleet, await fleet.settled())).toEqual({ before: 0, after: 20, violations: [] })
    for (const { name } of fleet.rig.hosts) {
      const ends = both.map(({ result }) => result.hosts.find(({ host }) => host === name)!)
      const said = ends.map(({ status, error }) => error?.kind ?? status).sort()
      expect(
        said.filter((word) => word === 'changed'),
        name,
      ).toHaveLength(1)
      expect(['ok', 'moved', 'locked']).toContain(said.find((word) => word !== 'changed'))
      tallies[said.join(' + ')] = (tallies[said.join(' + ')] ?? 0) + 1
    }
  }
  console.log('two controllers, 3 rounds of 20 hosts:', tallies)
}, 600_000)
