import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, startHosts } from './rig/rig.mjs'
import { runOnRig } from './run-on-rig.ts'

const playbook = 'playbooks/relieve-now.yml'
// Every byte is cut at in whole-or-put-back.test.ts; these are within the script that changes things.
const cuts = 12

describe('a connection that is cut while a script is on its way', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startHosts([
      { name: 'whole', proxy: {} },
      { name: 'cut', proxy: {} },
    ])
  })
  afterAll(async () => {
    await rig?.stop()
  })

  test(`runs nothing on the host, at ${cuts} cut points`, async () => {
    const whole = rig.host('whole')
    await runOnRig(rig, ['plan', playbook, '-l', 'whole'])
    const planBytes = whole.proxy!.bytes.toHost
    await runOnRig(rig, ['apply', playbook, '-l', 'whole'])
    const applyBytes = whole.proxy!.bytes.toHost
    // Behind the script comes only what closes the channel and the connection, some hundred bytes.
    const scriptEnd = applyBytes - 400
    expect(scriptEnd).toBeGreaterThan(planBytes + 1000)

    const host = rig.host('cut')
    const before = await host.snapshot()
    const statuses = new Map<string, number>()
    for (let index = 0; index < cuts; index += 1) {
      const cutAfterBytes = Math.floor(planBytes + ((scriptEnd - planBytes) * index) / cuts)
      Object.assign(host.proxy!.options, { cutAfterBytes, direction: 'to-host' })
      const { result } = await runOnRig(rig, ['apply', playbook, '-l', 'cut', '--command-timeout', '10'])

      const [ended] = result.hosts
      expect(ended?.error, `cut after ${cutAfterBytes} bytes`).toMatchObject({ kind: 'dropped' })
      expect(await host.snapshot(), `cut after ${cutAfterBytes} bytes`).toEqual(before)
      statuses.set(ended!.status, (statuses.get(ended!.status) ?? 0) + 1)
    }
    console.log(`${cuts} cuts between bytes ${planBytes} and ${scriptEnd}:`, Object.fromEntries(statuses))

    delete host.proxy!.options.cutAfterBytes
    expect((await runOnRig(rig, ['apply', playbook, '-l', 'cut'])).exitCode).toBe(0)
  })
})
