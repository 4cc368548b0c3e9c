import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import { fingerprint } from '../../../src/lab/fingerprint.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import { isFullTrial } from '../../full-trials.ts'
import { type Ended, runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder } from './fresh-lab.ts'
import { runHere } from './run-here.ts'

const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'

interface Fleet {
  readonly lab: Lab
  readonly state: string
  readonly run: (...words: string[]) => Promise<Ended>
  readonly apply: (text: string) => Promise<Ended>
  readonly prints: () => readonly string[]
}

/** Hosts whose files conflict with what is wished, so that a run edits those as well. */
async function fleet(copies: number): Promise<Fleet> {
  const [web] = conditions
  if (web === undefined) throw new Error('there are no conditions')
  const files = {
    '/etc/sysctl.d/zzzzzzzz-local.conf': {
      text: '# mine\r\nnet.netfilter.nf_conntrack_max = 1000\nvm.swappiness = 1',
      mode: 0o640,
    },
    '/etc/modprobe.d/tuning.conf': 'options nf_conntrack hashsize=512 acct=1\n',
  }
  const lab = await freshLab({ conditions: [{ ...web, files }], copies })
  const folder = labFolder()
  const state = join(folder, 'state')
  const playbook = join(folder, 'play.yml')
  const run = (...words: string[]): Promise<Ended> => runHere([...words, '--state-dir', state])
  return {
    lab,
    state,
    run,
    apply: (text) => {
      writeFileSync(playbook, text)
      return run('apply', playbook, '-i', lab.inventoryFile)
    },
    prints: () => lab.hosts.map(({ root }) => fingerprint(root)),
  }
}

const raise =
  '- hosts: all\n  conflicts: override\n  serial: [1, 100%]\n  conntrack: {max: 262144, hashsize: 65536, timeouts: {udp: 20}}\n'

describe('rollback', () => {
  test('restores every byte, mode and value, and can be rolled back itself', async () => {
    const count = isFullTrial ? 50 : 12
    const { run, apply, prints } = await fleet(count)
    const before = prints()
    expect((await apply(raise)).exitCode).toBe(0)
    const after = prints()
    expect(after).not.toEqual(before)

    const check = await run('rollback', 'last', '--check')
    expect(check.exitCode).toBe(10)
    expect(check.stdout).toContain(`${count} hosts would be put back; nothing was changed.`)
    expect(prints()).toEqual(after)

    const back = await run('rollback', 'last')
    expect(back.exitCode, back.stdout + back.stderr).toBe(0)
    expect(prints()).toEqual(before)

    expect((await run('rollback', 'last')).stdout).toContain(`ok (${count} hosts)`)
    expect(prints()).toEqual(before)

    const list = JSON.parse((await run('runs', '-o', 'json')).stdout) as {
      run: string
      command: string
    }[]
    const undone = list.filter(({ command }) => command === 'rollback').at(-2)?.run ?? ''
    const again = await run('rollback', undone)
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(prints()).toEqual(after)
  })

  test('a host that somebody has changed since is left alone, until it is allowed', async () => {
    const { lab, run, apply, prints } = await fleet(3)
    const before = prints()
    await apply(raise)
    writeFileSync(join(lab.hosts[1]?.root ?? '', maxFile), '111111\n')
    const changed = prints()
    const refused = await run('rollback', 'last')
    expect(refused.exitCode).toBe(6)
    expect(refused.stdout).toContain('web02: failed')
    expect(refused.stdout).toContain('nf_conntrack_max is 111111 and no longer 262144')
    expect(prints()).toEqual([before[0], changed[1], before[2]])
  })

  test('only the hosts within --limit', async () => {
    const { run, apply, prints } = await fleet(3)
    const before = prints()
    await apply(raise)
    const after = prints()
    expect((await run('rollback', 'last', '--limit', 'web02')).exitCode).toBe(0)
    expect(prints()).toEqual([after[0], before[1], after[2]])
  })

  test('an older run below a newer one is refused where the newer one changed the same', async () => {
    const { state, run, apply, prints } = await fleet(1)
    await apply(raise)
    await apply('- hosts: all\n  conntrack: {max: 300000, hashsize: 65536}\n')
    const now = prints()
    const [oldest = ''] = readdirSync(join(state, 'runs')).toSorted((one, other) => (one < other ? -1 : 1))
    const { exitCode, stdout } = await run('rollback', oldest)
    expect(exitCode).toBe(6)
    expect(stdout).toContain('nf_conntrack_max is 300000 and no longer 262144')
    expect(prints()).toEqual(now)
    expect((await run('rollback', oldest, '--allow', 'changed-since')).exitCode).toBe(0)
  })

  test('what was put back on the way of a run that was killed is found by reading', async () => {
    const { state, run, apply, prints } = await fleet(2)
    const before = prints()
    await apply(raise)
    // The record of a run that was killed right after it had sent its changes.
    const [folder = ''] = readdirSync(join(state, 'runs'))
    const journal = join(state, 'runs', folder, 'journal.jsonl')
    const planned = readFileSync(journal, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"planned"'))
    writeFileSync(journal, `${planned.join('\n')}\n`)
    rmSync(join(state, 'runs', folder, 'result.json'))
    const { exitCode, stdout } = await run('rollback', 'last')
    expect(exitCode, stdout).toBe(0)
    expect(prints()).toEqual(before)
  })

  test('a run that changed nothing, and one that is not there', async () => {
    const { state, run, apply } = await fleet(1)
    await apply(raise)
    await apply(raise)
    const nothing = await runProgram(['rollback', 'last', '--state-dir', state])
    expect(nothing.exitCode).toBe(64)
    expect(nothing.stderr).toContain('changed nothing')
    expect((await run('rollback', '20200101')).exitCode).toBe(64)
  })
})
