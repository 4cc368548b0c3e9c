import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { collectGiven, withAbsolutePaths } from '../../../src/commands/given-options.ts'
import { runOptions } from '../../../src/commands/options.ts'

/**
 * Values of options that hold a path, relative to /there as they are given, and what the job gets. An option that is not
 * here and takes a file fails the second test: say so in its flags, as `<file>` or `<folder>`, or in given-options.ts.
 */
const withPaths: Readonly<Record<string, readonly [given: string, passed: string]>> = {
  '--inventory': ['hosts.ini', '/there/hosts.ini'],
  '--limit': ['@retry,web,@~/more', '@/there/retry,web,@/home/tess/more'],
  '--extra-vars': ['@vars.yml', '@/there/vars.yml'],
  '--ping-url': ['@ping', '@/there/ping'],
  '--notify-url': ['@notify', '@/there/notify'],
  '--notify-command': ['@command', '@/there/command'],
  '--vault-id': ['dev@vault', 'dev@/there/vault'],
  ...Object.fromEntries(
    [
      '--vault-password-file',
      '--key-file',
      '--conn-pass-file',
      '--key-passphrase-file',
      '--become-pass-file',
      '--queue-password-file',
      '--queue-ca',
      '--queue-cert',
      '--queue-key',
      '--signing-key',
      '--trust',
      '--log-file',
    ].map((name) => [name, ['~/of/mine', '/home/tess/of/mine']]),
  ),
  '--state-dir': ['../state', '/state'],
}

/** All others that take a value. Paths within `--ssh-common-args` begin in the job's folder, which is this one. */
const withoutPaths = [
  ...['--shard', '--rerun', '--forks', '--workers', '--queue', '--runner-timeout'],
  ...['--connection', '--user', '--become-method', '--become-user', '--ssh-common-args'],
  ...['--timeout', '--retries', '--login-timeout', '--command-timeout', '--output', '--allow', '--deadline'],
  ...['--lock-wait', '--splay', '--keep'],
]

describe('a run that begins elsewhere', () => {
  test.each(Object.entries(withPaths))('%s is given its path', (name, [given, passed]) => {
    const command = new Command('job').exitOverride()
    for (const option of runOptions()) command.addOption(option)
    const collected = collectGiven(command)
    command.parse([`${name}=${given}`], { from: 'user' })
    const place = { cwd: '/there', home: '/home/tess' }
    expect(withAbsolutePaths(collected, place).map(({ value }) => value)).toEqual([passed])
  })

  test('every option that takes a value is one of those or has none', () => {
    const taking = runOptions().filter(({ required, optional }) => required || optional)
    expect(taking.map(({ long }) => long ?? '').toSorted()).toEqual(
      [...Object.keys(withPaths), ...withoutPaths].toSorted(),
    )
  })
})
