import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import { fingerprint } from '../../../src/lab/fingerprint.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import { planPlaceFault, readPlan } from '../../../src/record/plan-file.ts'
import { type SavedPlan, savedPlanJsonSchema } from '../../../src/record/saved-plan.ts'
import type { RunResult } from '../../../src/report/host-result.ts'
import { type Ended, runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder } from './fresh-lab.ts'
import { runHere } from './run-here.ts'

const web = conditions.filter(({ name }) => name === 'web')
const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'
const udpFile = 'proc/sys/net/netfilter/nf_conntrack_udp_timeout'
const isPlan = new Ajv2020({ allErrors: true }).compile(savedPlanJsonSchema())

interface Planned {
  readonly lab: Lab
  readonly folder: string
  readonly plan: string
  readonly run: (...words: string[]) => Promise<Ended>
  /** `apply` of the plan, by its JSON. */
  readonly apply: (...words: string[]) => Promise<{ exitCode: number | null; result: RunResult }>
  readonly write: (host: number, file: string, text: string) => void
}

/** Hosts with a saved plan; nothing has been changed yet. */
async function planned(
  copies: number,
  play = 'conntrack: {max: 300000, timeouts: {udp: 20}}',
  ...words: string[]
): Promise<Planned & { readonly saved: SavedPlan & { readonly sha256: string } }> {
  const lab = await freshLab({ conditions: web, copies })
  const folder = labFolder()
  const playbook = join(folder, 'play.yml')
  const plan = join(folder, 'plan.json')
  writeFileSync(playbook, `- hosts: all\n  ${play}\n`)
  const run = (...more: string[]): Promise<Ended> => runHere([...more, '--state-dir', join(folder, 'state')])
  const before = lab.hosts.map(({ root }) => fingerprint(root))
  const { exitCode, stderr } = await run('plan', playbook, '-i', lab.inventoryFile, '--out', plan, ...words)
  expect(exitCode, stderr).toBe(10)
  expect(stderr).toContain(`saved to ${plan}: changes for ${copies} of ${copies} hosts`)
  expect(lab.hosts.map(({ root }) => fingerprint(root))).toEqual(before)
  return {
    lab,
    folder,
    plan,
    run,
    saved: JSON.parse(readFileSync(plan, 'utf8')),
    apply: async (...more) => {
      const ended = await run('apply', plan, '-o', 'json', ...more)
      return { exitCode: ended.exitCode, result: JSON.parse(ended.stdout || ended.stderr) }
    },
    write: (host, file, text) => writeFileSync(join(lab.hosts[host]?.root ?? '', file), text),
  }
}

function endsOf({ hosts }: RunResult): readonly string[] {
  return hosts.map(({ host, status, error }) => `${host} ${error?.kind ?? status}`)
}

function movedOn({ hosts }: RunResult, name: string): readonly string[] {
  return hosts
    .filter(({ host }) => host === name)
    .flatMap(({ findings }) => findings)
    .filter(({ code }) => code === 'moved-since-plan')
    .map(({ message }) => message)
}

describe('a saved plan', () => {
  test('is applied exactly, without inventory or playbook, and once: then there is nothing left', async () => {
    const { folder, plan, saved, apply, run } = await planned(3)
    expect(isPlan(saved), JSON.stringify(isPlan.errors)).toBe(true)
    expect(statSync(plan).mode & 0o777).toBe(0o600)
    // What the playbook says by now is of no matter.
    writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 999999}\n')
    const check = await run('apply', plan, '--check')
    expect(check).toMatchObject({ exitCode: 10, stdout: expect.stringContaining('3 hosts would be changed') })
    const { exitCode, result } = await apply()
    expect(exitCode).toBe(0)
    expect(endsOf(result)).toEqual(['web01 changed', 'web02 changed', 'web03 changed'])
    for (const { host, changes } of result.hosts)
      expect(changes.map(({ state: _state, ...change }) => change)).toEqual(
        saved.plays[0]?.hosts.find((one) => one.host === host)?.changes,
      )
    expect(endsOf((await apply()).result)).toEqual(['web01 ok', 'web02 ok', 'web03 ok'])
  })

  test('leaves a host alone that has moved, says what was and what is, and changes the others', async () => {
    const { lab, write, apply, run, plan } = await planned(5)
    write(1, maxFile, '70000\n')
    write(2, 'etc/sysctl.d/zz-conntrackctl.conf', 'vm.swappiness = 1\n')
    // What was wished there already when it was planned.
    write(3, udpFile, '20\n')
    const moved = [1, 2, 3].map((host) => fingerprint(lab.hosts[host]?.root ?? ''))
    const { exitCode, result } = await apply()
    expect(exitCode).toBe(6)
    expect(endsOf(result)).toEqual([
      'web01 changed',
      'web02 refused_by_guard',
      'web03 refused_by_guard',
      'web04 refused_by_guard',
      'web05 changed',
    ])
    expect(movedOn(result, 'web02')).toEqual([
      'moved since it was planned: net.netfilter.nf_conntrack_max is 70000, and was 65536',
    ])
    expect(movedOn(result, 'web03')[0]).toMatch(
      /^moved since it was planned: \/etc\/sysctl\.d\/zz-conntrackctl\.conf is 1 line \(sha256 [0-9a-f]{12}\), and was missing$/,
    )
    expect(movedOn(result, 'web04')).toEqual([
      'moved since it was planned: net.netfilter.nf_conntrack_udp_timeout is 20 already, and was 30',
    ])
    expect([1, 2, 3].map((host) => fingerprint(lab.hosts[host]?.root ?? ''))).toEqual(moved)
    // Those that failed, once more: none of the others is asked.
    expect(endsOf((await apply('--rerun', 'failed')).result).map((end) => end.slice(0, 5))).toEqual([
      'web02',
      'web03',
      'web04',
    ])
    write(1, maxFile, '65536\n')
    expect(endsOf((await apply('--limit', 'web02')).result)).toEqual(['web02 changed'])
    expect((await run('apply', plan, '--limit', 'nobody')).exitCode).toBe(65)
  })

  test('keeps the numbers of a policy, whatever the count has become, and the guards look again', async () => {
    const { write, apply, saved } = await planned(2, 'conntrack: {max: {at_least: 100000, peak_times: 2}}')
    const max = saved.plays[0]?.hosts[0]?.changes.find(({ path }) => path === `/${maxFile}`)?.after
    expect(Number(max)).toBeGreaterThan(100_000)
    write(0, 'proc/sys/net/netfilter/nf_conntrack_count', '60001\n')
    write(1, 'proc/sys/net/netfilter/nf_conntrack_count', `${max}\n`)
    const { exitCode, result } = await apply()
    expect(exitCode).toBe(6)
    expect(endsOf(result)).toEqual(['web01 changed', 'web02 refused_by_guard'])
    expect(result.hosts[1]?.error?.message).toMatch(/^max \d+ is below the \d+ entries/)
  })

  test('goes in the batches of its play: a canary that has moved stops the others', async () => {
    const { write, apply } = await planned(4, 'serial: [1, 100%]\n  conntrack: {max: 300000}')
    write(0, maxFile, '70000\n')
    const { exitCode, result } = await apply()
    expect(exitCode).toBe(6)
    expect(endsOf(result)).toEqual([
      'web01 refused_by_guard',
      'web02 skipped',
      'web03 skipped',
      'web04 skipped',
    ])
  })

  test('has no secret in it', async () => {
    const { plan } = await planned(
      1,
      undefined,
      ...['-e', 'ansible_password=hush-hush-1 ansible_become_password=hush-hush-2 token=hush-hush-3'],
    )
    expect(readFileSync(plan, 'utf8')).not.toContain('hush')
  })

  test('tells of hosts that could not be planned, and does not contact them', async () => {
    const lab = await freshLab({ conditions: web, copies: 2, faults: { web02: { kind: 'down' } } })
    const folder = labFolder()
    writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 300000}\n')
    const run = (...words: string[]) => runProgram([...words, '--state-dir', 'state'], { cwd: folder })
    const made = await run('plan', 'play.yml', '-i', lab.inventoryFile, '--out', 'plan.json')
    expect(made.exitCode).toBe(3)
    const applied = await run('apply', 'plan.json')
    expect(applied.exitCode).toBe(2)
    expect(applied.stdout).toContain('web01: changed')
    expect(applied.stdout).toContain(
      'error not-planned: left out: the saved plan has nothing for it, since it ended as unreachable then',
    )
    expect((await run('apply', 'plan.json', '-l', 'web01')).exitCode).toBe(0)
  })
})

describe('a file that is not such a plan is refused as a whole', () => {
  test('changed, cut off, of another version or kind', async () => {
    const { lab, plan, run, saved } = await planned(1)
    const before = fingerprint(lab.hosts[0]?.root ?? '')
    const text = readFileSync(plan, 'utf8')
    const refused = async (changed: string, why: string): Promise<void> => {
      writeFileSync(plan, changed)
      await expect(readPlan(plan, '/')).rejects.toThrow(`${plan}: ${why}`)
    }
    const { sha256: _, ...content } = saved
    const withSum = (plain: object): string =>
      JSON.stringify({ ...plain, sha256: createHash('sha256').update(JSON.stringify(plain)).digest('hex') })
    await refused(text.replaceAll('300000', '300001'), 'the file was changed since the plan was saved')
    await refused(text.slice(0, -20), 'this is no whole JSON: a saved plan that was cut off or changed')
    await refused(
      withSum({ ...content, version: 2 }),
      'this is a saved plan of version 2, and only version 1 is known here',
    )
    await refused(withSum({ ...content, plays: 7 }), 'the saved plan is damaged at plays')
    await refused('{"version": 1, "hosts": []}', 'this is no saved plan: its `kind` is null')
    expect(await run('apply', plan)).toEqual({
      exitCode: 65,
      stdout: '',
      stderr: expect.stringContaining('this is no saved plan'),
    })
    expect(fingerprint(lab.hosts[0]?.root ?? '')).toBe(before)
    // Another layout of the same is the same.
    writeFileSync(plan, withSum(content))
    expect((await run('apply', plan)).exitCode).toBe(0)
  })

  test('and no command but apply takes one', async () => {
    const { lab, plan, run } = await planned(1)
    const { exitCode, stderr } = await run('verify', plan, '-i', lab.inventoryFile)
    expect(exitCode).toBe(65)
    expect(stderr).toContain('this looks like a saved plan, which only `apply` takes')
  })
})

test('where no plan can be saved is found out before any host is contacted', async () => {
  const lab = await freshLab({ conditions: web, copies: 1 })
  const folder = labFolder()
  writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 300000}\n')
  writeFileSync(
    join(folder, 'two.yml'),
    '- hosts: all\n  conntrack: {max: 300000}\n- name: more\n  hosts: web\n  conntrack: {timeouts: {udp: 20}}\n',
  )
  const plan = (playbook: string, out: string, ...words: string[]) =>
    runProgram(['plan', playbook, '-i', lab.inventoryFile, '--state-dir', 'state', '--out', out, ...words], {
      cwd: folder,
    })
  expect(await plan('play.yml', 'play.yml')).toMatchObject({
    exitCode: 64,
    stdout: '',
    stderr: expect.stringContaining('--out play.yml: something else than a saved plan stands there'),
  })
  expect(await planPlaceFault(join(folder, 'nowhere/plan.json'))).toContain(
    'no file can be made there (ENOENT)',
  )
  expect(await plan('two.yml', 'plan.json')).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining('web01 is in the plays "all" and "more"'),
  })
  expect((await plan('play.yml', 'plan.json', '--cron')).exitCode).toBe(64)
  writeFileSync(join(folder, 'plan.json'), '{\n  "kind": "conntrackctl-plan",\n')
  expect((await plan('play.yml', 'plan.json')).exitCode).toBe(10)
})
