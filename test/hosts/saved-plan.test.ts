import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes } from '../../src/exit-codes.ts'
import { runProgram } from '../golden/run-program.ts'
import { type Rig, startHosts } from './rig/rig.mjs'
import { hostsByStatus, runOnRig } from './run-on-rig.ts'

const maxFile = '/proc/sys/net/netfilter/nf_conntrack_max'
const ours = '/etc/sysctl.d/zz-conntrackctl.conf'
let folder: string
let rig: Rig

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-plans-'))
  writeFileSync(
    join(folder, 'play.yml'),
    '- hosts: all\n  serial: [1, 100%]\n  max_fail_percentage: 60\n  conntrack:\n    max: {at_least: 524288}\n    timeouts: {tcp_time_wait: 30s}\n',
  )
  rig = await startHosts(
    Array.from({ length: 8 }, (_, index) => ({
      name: `h${index + 1}`,
      ...(index === 6 ? { vars: { ansible_user: 'ops', ansible_become: true } } : {}),
    })),
  )
})
afterAll(async () => {
  await rig?.stop()
  rmSync(folder, { recursive: true })
})

test('a saved plan is made exactly on the hosts that have not moved, and on no other', async () => {
  const plan = join(folder, 'plan.json')
  const made = await runOnRig(rig, ['plan', join(folder, 'play.yml'), '--out', plan])
  expect(made.exitCode).toBe(exitCodes.pending.code)
  expect(made.stderr).toContain('changes for 8 of 8 hosts')
  const planned = new Map(made.result.hosts.map(({ host, changes }) => [host, changes]))

  await rig.host('h2').setValue(maxFile, '300000')
  await rig.host('h3').exec(`printf '# by hand\\n' >${ours}`)
  // As if somebody had done it by hand, all of it.
  await runOnRig(rig, ['apply', join(folder, 'play.yml'), '--limit', 'h4'])
  await rig.host('h5').stop()
  const untouched = await Promise.all(['h2', 'h3', 'h4'].map((name) => rig.host(name).snapshot()))

  const { exitCode, result } = await runOnRig(rig, ['apply', plan])
  expect(hostsByStatus(result)).toEqual({
    changed: ['h1', 'h6', 'h7', 'h8'],
    failed: ['h2', 'h3'],
    ok: ['h4'],
    unreachable: ['h5'],
  })
  expect(exitCode).toBe(exitCodes.failed_and_unreachable.code)
  const messages = result.hosts.flatMap(({ error }) => error?.message ?? [])
  expect(messages[0]).toBe(
    'moved since it was planned: net.netfilter.nf_conntrack_max is 300000, and was 262144',
  )
  expect(messages[1]).toMatch(/zz-conntrackctl\.conf is 1 line \(sha256 \w{12}\), and was missing$/)
  expect(await Promise.all(['h2', 'h3', 'h4'].map((name) => rig.host(name).snapshot()))).toEqual(untouched)
  for (const { host, status, changes } of result.hosts)
    if (status === 'changed')
      expect(changes).toEqual(planned.get(host)?.map((change) => ({ ...change, state: 'verified' })))
  expect(await rig.host('h6').readFile(maxFile)).toBe('524288\n')

  const refused = await runOnRig(rig, ['apply', plan, '--limit', '@failed:!h5'])
  expect(refused.exitCode).toBe(exitCodes.refused.code)
  // The first of them is the canary now.
  expect(hostsByStatus(refused.result)).toEqual({ failed: ['h2'], skipped: ['h3'] })
  const back = await runProgram(['rollback', 'last', '--state-dir', `${rig.folder}/state`])
  expect(back.stderr).toContain('changed nothing')
})
