import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes } from '../../../src/exit-codes.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { type Lab, startLab } from '../../../src/lab/start-lab.ts'
import type { RunResult, Status } from '../../../src/report/host-result.ts'
import { runProgram } from '../../golden/run-program.ts'
import { newFolder } from './fresh-lab.ts'

// Batches of 1, 20 and 179 hosts, of which at most 5 % may fail: none, 1 and 8.
const playbook = `- name: raise
  hosts: all
  serial: [1, 10%, 100%]
  max_fail_percentage: 5
  conntrack: {max: 300000}
  persist: false
`
const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'
const countFile = 'proc/sys/net/netfilter/nf_conntrack_count'
let folder: string
let lab: Lab

beforeAll(async () => {
  folder = newFolder()
  mkdirSync(join(folder, 'lab'))
  lab = await startLab({
    folder: join(folder, 'lab'),
    conditions: conditions.filter(({ name }) => name === 'web'),
    copies: 200,
  })
  writeFileSync(join(folder, 'raise.yml'), playbook)
})
afterAll(async () => {
  await lab.stop()
  rmSync(folder, { recursive: true, force: true })
})

const names = (first: number, last: number): readonly string[] =>
  lab.hosts.slice(first - 1, last).map(({ name }) => name)

/** Applies with some hosts that nobody answers for, and some that a guard refuses, as more is in their table than wished. */
async function apply({ down, refused }: { down: readonly string[]; refused: readonly string[] }) {
  const lines = lab.hosts.map(
    ({ name, address, port }) =>
      `${name} ansible_host=${address} ansible_port=${down.includes(name) ? 1 : port}\n`,
  )
  const common = `[all:vars]\nansible_user=root\nansible_ssh_private_key_file=${lab.identityFile}\nansible_ssh_common_args=-o UserKnownHostsFile=${lab.knownHostsFile}\n`
  writeFileSync(join(folder, 'hosts.ini'), `${lines.join('')}${common}`)
  for (const { name, root } of lab.hosts) {
    writeFileSync(join(root, maxFile), '65536\n')
    writeFileSync(join(root, countFile), refused.includes(name) ? '400000\n' : '60000\n')
  }
  const words = ['apply', 'raise.yml', '-i', 'hosts.ini', '--state-dir', 'state', '--retries', '0']
  const { exitCode, stdout } = await runProgram([...words, '--output', 'json'], { cwd: folder })
  const result = JSON.parse(stdout) as RunResult
  // What is told is in the record, word for word.
  const runs = readdirSync(join(folder, 'state/runs')).toSorted()
  expect(
    runs.map((run) => JSON.parse(readFileSync(join(folder, 'state/runs', run, 'result.json'), 'utf8'))),
  ).toContainEqual(result)
  const ended = (status: Status): readonly string[] =>
    result.hosts.filter((host) => host.status === status).map(({ host }) => host)
  const notReached = result.hosts
    .filter(({ findings }) => findings.some(({ code }) => code === 'not-reached'))
    .map(({ host }) => host)
  expect(notReached).toEqual(ended('skipped'))
  const why = result.hosts.at(-1)?.findings.find(({ code }) => code === 'not-reached')?.message
  return { exitCode, result, ended, why }
}

const raised = (): readonly string[] =>
  lab.hosts
    .filter(({ root }) => readFileSync(join(root, maxFile), 'utf8') === '300000\n')
    .map(({ name }) => name)

test('a canary that fails stops all the other 199, and the record names each as not reached', async () => {
  for (const failing of [
    { down: names(1, 1), refused: [] },
    { down: [], refused: names(1, 1) },
  ]) {
    const { exitCode, ended, why } = await apply(failing)
    expect(exitCode).toBe(failing.down.length > 0 ? exitCodes.unreachable.code : exitCodes.refused.code)
    expect(ended('skipped')).toEqual(names(2, 200))
    expect(why).toBe(
      'not reached: the run was stopped before its turn: in batch 1 of "raise", 1 of 1 host failed, and at most 5 % of a batch may',
    )
    expect(raised()).toEqual([])
  }
})

test('two of the second batch of twenty are too many, one of them only unreachable', async () => {
  const { exitCode, ended, why } = await apply({ down: names(3, 3), refused: names(4, 4) })
  expect(exitCode).toBe(exitCodes.failed_and_unreachable.code)
  expect(ended('skipped')).toEqual(expect.arrayContaining([...names(22, 200)]))
  expect(why).toContain('in batch 2 of "raise", 2 of 20 hosts failed, and at most 5 % of a batch may')
  // Those under way when the second one failed came to their end; nothing of the third batch was begun.
  expect(ended('changed').toSorted()).toEqual(raised().toSorted())
  expect(raised().filter((name) => names(22, 200).includes(name))).toEqual([])
})

test('one of twenty and eight of 179 may fail: all the others are changed', async () => {
  const down = [...names(5, 5), ...names(50, 53)]
  const refused = names(100, 103)
  const { exitCode, result, ended } = await apply({ down, refused })
  expect(exitCode).toBe(exitCodes.failed_and_unreachable.code)
  expect(result.totals).toMatchObject({ unreachable: 5, failed: 4, skipped: 0 })
  expect(ended('changed')).toHaveLength(191)
  expect(raised()).toHaveLength(191)
})

test('nine of 179 are one too many: who was not begun is named, and left alone', async () => {
  const { exitCode, result, ended, why } = await apply({ down: names(22, 26), refused: names(27, 30) })
  expect(exitCode).toBe(exitCodes.failed_and_unreachable.code)
  expect(why).toMatch(/in batch 3 of "raise", (9|\d\d) of 179 hosts failed, and at most 5 % of a batch may/)
  expect(result.totals).toMatchObject({ unreachable: 5, failed: 4 })
  expect(ended('skipped').length).toBeGreaterThan(50)
  expect(raised().toSorted()).toEqual(ended('changed').toSorted())
})
