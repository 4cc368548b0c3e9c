import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, type RigHost, startHosts } from './rig/rig.mjs'
import { runOnRig } from './run-on-rig.ts'

const run = promisify(execFile)
const playbook = 'playbooks/relieve-now.yml'
const read = 'cat /proc/sys/net/netfilter/nf_conntrack_max'

let rig: Rig
let far: RigHost
beforeAll(async () => {
  rig = await startHosts([{ name: 'far', proxy: { delayMs: 50 } }])
  far = rig.host('far')
})
afterAll(() => rig?.stop())

/** How often a run waited for the host, and how long it took from its start to its end. */
async function counted(act: () => Promise<unknown>): Promise<{ trips: number; seconds: number }> {
  const { connections } = far.proxy!
  const begun = performance.now()
  await act()
  const seconds = (performance.now() - begun) / 1000
  expect(far.proxy!.connections).toBe(connections + 1)
  return { trips: far.proxy!.roundTrips, seconds }
}

test('with 100 ms to the host and back, plan waits once more than ssh, and apply twice', async () => {
  const ssh = await counted(() =>
    run('ssh', [
      ...['-F', 'none', '-i', rig.identityFile, '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'],
      ...['-o', `UserKnownHostsFile=${rig.knownHosts}`, '-p', String(far.proxy!.port)],
      ...[`root@${far.proxy!.address}`, read],
    ]),
  )
  const plan = await counted(() => runOnRig(rig, ['plan', playbook]))
  const apply = await counted(async () => {
    expect((await runOnRig(rig, ['apply', playbook])).result.totals.changed).toBe(1)
  })
  for (const [name, { trips, seconds }] of Object.entries({ ssh, plan, apply }))
    console.log(`${name}: ${trips} round trips, ${seconds.toFixed(2)} s`)
  // Two for the versions and keys, the rest for login, channel and command: fewer were not counted, but missed.
  expect(ssh.trips).toBeGreaterThanOrEqual(5)
  expect(plan.trips).toBeLessThanOrEqual(ssh.trips + 1)
  expect(apply.trips).toBeLessThanOrEqual(ssh.trips + 2)
})
