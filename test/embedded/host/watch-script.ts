import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadScript } from '../../../src/host/load-script.ts'
import { parseTableSample } from '../../../src/host/table-sample.ts'

const netfilter = '/proc/sys/net/netfilter/nf_conntrack'
const header =
  'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n'
const row = (failed: string, drop: string, early: string): string =>
  `0000ffff  00000000 00000000 00000000 00000001 00000002 00000000 00000000 00000000 ${failed} ${drop} ${early} 00000000  00000000 00000000 00000000 0000000a\n`

/** What every shell has to make of watch.sh. `shell` is the command that reads a script from its input. */
export function watchScriptContract(shell: readonly string[]): void {
  const tick = (files: Readonly<Record<string, string>>): string => {
    const root = mkdtempSync(join(tmpdir(), 'conntrackctl-watch-'))
    onTestFinished(() => rmSync(root, { recursive: true, force: true }))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const [program = 'sh', ...words] = shell
    const input = `{\n${loadScript('watch.sh')}}\ntick B1 E1\ntick B2 E2\n`
    const env = { PATH: process.env['PATH'] ?? '', CONNTRACKCTL_ROOT: root }
    const { stdout, stderr } = spawnSync(program, words, { input, encoding: 'utf8', env })
    expect(stderr).toBe('')
    const [first, second] = stdout.split('B2\n')
    // Asked twice, the same shell says the same again.
    expect(second?.replace('E2 ', 'E1 ')).toBe(first?.replace('B1\n', ''))
    expect(first?.endsWith('\nE1 0\n')).toBe(true)
    return first?.split('\n')[1] ?? ''
  }

  test('adds up the counters of all CPUs by the names of their columns', () => {
    const line = tick({
      [`${netfilter}_count`]: '60948\n',
      [`${netfilter}_max`]: '65536\n',
      '/proc/net/stat/nf_conntrack':
        header + row('00000001', '000004b0', '00000000') + row('0000000f', '00000004', '00000e1c'),
    })
    expect(line).toBe('60948 65536 1204 3612 16 -')
    expect(parseTableSample(`${line}\n`)).toEqual({
      count: 60_948,
      max: 65_536,
      drop: 1204,
      earlyDrop: 3612,
      insertFailed: 16,
      chainlength: null,
    })
  })

  test('knows the names before 2.6.20, and hosts without statistics', () => {
    const old = '/proc/sys/net/ipv4/netfilter/ip_conntrack'
    expect(tick({ [`${old}_count`]: '7\n', [`${old}_max`]: '4096\n' })).toBe('7 4096 - - - -')
  })

  test('says so where there is no table', () => {
    expect(tick({})).toBe('none')
    expect(parseTableSample('none\n')).toBeNull()
  })
}
