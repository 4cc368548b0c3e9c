import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { initramfsLoad } from '../../../src/kernel/boot/initramfs.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { runProgram } from '../../golden/run-program.ts'
import { freshLab, hostNamed, labFolder } from '../lab/fresh-lab.ts'

const everything = `- name: Everything at once
  hosts: all
  conntrack:
    max: {at_least: 131072, per_gib: 40000, memory_at_most: 10%, never_lower: true}
    hashsize: max / 2
    timeouts: {tcp_established: 1h, udp: 20s, gre: 25s}
    options: {tcp_be_liberal: yes}
  sysctl: {net.ipv4.tcp_fin_timeout: 30, net.ipv4.tcp_no_such_key: 1}
`

/** Every file below a folder and what it holds. */
function filesOf(root: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const name of readdirSync(root, { recursive: true }).map(String)) {
    const path = join(root, name)
    if (existsSync(path) && statSync(path).isFile()) files.set(name, readFileSync(path, 'latin1'))
  }
  return files
}

/** What two readings of a tree differ in, with what stands there now. */
function changed(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Record<string, string> {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  )
  return Object.fromEntries(names.toSorted().map((name) => [name, after.get(name) ?? '(gone)']))
}

function runScript(
  script: string,
  root: string,
  words: readonly string[] = [],
  shell: readonly string[] = ['sh'],
) {
  const [program = 'sh', ...before] = shell
  const { status, stdout, stderr } = spawnSync(program, [...before, script, ...words], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', CONNTRACKCTL_ROOT: root },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

async function compiled(folder: string, playbook: string, words: readonly string[] = []): Promise<string> {
  const file = join(folder, 'playbook.yml')
  const script = join(folder, 'script.sh')
  writeFileSync(file, playbook)
  const { exitCode, stderr } = await runProgram([
    'compile',
    file,
    '--host',
    'this',
    '--output',
    script,
    '--state-dir',
    join(folder, 'state'),
    ...words,
  ])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return script
}

describe.each([
  ['a policy, timeouts, options and neighbours', everything],
  ['one number', '- hosts: all\n  conntrack: {max: 524288}\n'],
])('%s: what a compiled script leaves on a host is what apply leaves, byte for byte', (_, playbook) => {
  test('on every host of the lab', async () => {
    const lab = await freshLab()
    const folder = labFolder()
    const script = await compiled(folder, playbook)
    // Whoever runs the tests may be root, to whom a file's mode is nothing; test/hosts has both for real.
    const hosts = lab.hosts.filter(
      ({ name, root }) => !['readonly', 'netns'].includes(name) && existsSync(root),
    )
    // One whose initramfs loads conntrack.
    const early = hostNamed(lab, 'web01').root
    mkdirSync(join(early, 'etc/initramfs-tools'), { recursive: true })
    writeFileSync(join(early, 'etc/initramfs-tools/modules'), '# early\nnf_conntrack\n')
    const copies = new Map(hosts.map(({ name }) => [name, join(folder, name)]))
    for (const { name, root } of hosts)
      cpSync(root, join(folder, name), { recursive: true, verbatimSymlinks: true })
    const before = new Map(hosts.map(({ name, root }) => [name, filesOf(root)]))
    const applied = await runProgram([
      ...[
        'apply',
        join(folder, 'playbook.yml'),
        '-i',
        lab.inventoryFile,
        '--state-dir',
        join(folder, 'state'),
      ],
      ...['--output', 'json'],
    ])
    const results: { host: string; status: string; error: { kind: string } | null }[] = JSON.parse(
      applied.stdout,
    ).hosts
    let compared = 0
    for (const { name, root } of hosts) {
      const copy = copies.get(name) ?? ''
      const was = before.get(name) ?? new Map<string, string>()
      const checked = runScript(script, copy, ['--check'])
      expect(changed(was, filesOf(copy)), `${name}: --check changes nothing`).toEqual({})
      const ended = runScript(script, copy)
      const result = results.find(({ host }) => host === name)
      if (result === undefined || ['unreachable'].includes(result.status)) continue
      expect(changed(was, filesOf(copy)), `${name}: ${ended.stdout}${ended.stderr}`).toEqual(
        changed(was, filesOf(root)),
      )
      compared += 1
      const isDone = ['ok', 'changed'].includes(result.status)
      const isNotVerified = result.error?.kind === 'not_verified'
      expect(ended.status, `${name}: ${result.status}: ${ended.stdout}${ended.stderr}`).toBe(
        isDone ? 0 : isNotVerified ? 5 : 2,
      )
      if (result.status !== 'changed') continue
      expect(checked.status, name).toBe(10)
      // Once more: nothing is left to do.
      const now = filesOf(copy)
      expect(runScript(script, copy, ['--verify']), name).toMatchObject({ status: 0 })
      expect(runScript(script, copy, ['--quiet']), name).toEqual({ status: 0, stdout: '', stderr: '' })
      expect(changed(now, filesOf(copy)), name).toEqual({})
    }
    expect(compared).toBeGreaterThan(8)
    expect(readFileSync(join(early, 'etc/sysctl.d/zz-conntrackctl.conf'), 'utf8')).toMatch(
      /nf_conntrack_buckets = \d+\n.*nf_conntrack_max = /,
    )
  })
})

describe('a compiled script', () => {
  /** The tree of one host, and a script for it. */
  async function host(playbook: string, words: readonly string[] = []) {
    const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web') })
    const folder = labFolder()
    const root = lab.hosts[0]?.root ?? ''
    return { root, script: await compiled(folder, playbook, words), folder }
  }
  const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'

  test('is refused by the same guards, and compiled with --allow it is not', async () => {
    const tooLow = '- hosts: all\n  conntrack: {max: 1000}\n'
    const { root, script } = await host(tooLow)
    const before = filesOf(root)
    const refused = runScript(script, root)
    expect(refused.status).toBe(6)
    expect(refused.stderr).toContain('refused by max-below-count: max 1000 is below the ')
    expect(changed(before, filesOf(root))).toEqual({})
    const allowed = await host(tooLow, ['--allow', 'max-below-count'])
    expect(runScript(allowed.script, allowed.root).status).toBe(0)
    expect(readFileSync(join(allowed.root, maxFile), 'utf8')).toBe('1000\n')
  })

  test('knows an initramfs that loads conntrack by the same lines as a plan does', async () => {
    const { root, script, folder } = await host('- hosts: all\n  conntrack: {hashsize: 65536, max: 300000}\n')
    const rows = [
      ['initramfs-tools/modules', ' nf_conntrack hashsize=512', true],
      ['initramfs-tools/modules', '# nf_conntrack', false],
      ['initramfs-tools/modules', 'ext4', false],
      ['mkinitcpio.conf', 'MODULES=(ext4 nf_conntrack)', true],
      ['mkinitcpio.conf', 'MODULES+=nf_conntrack', true],
      ['mkinitcpio.conf', 'HOOKS=(nf_conntrack)', false],
      ['dracut.conf', 'force_drivers+=" nf_conntrack "', true],
      ['dracut.conf.d/10-net.conf', 'force_drivers=ip_conntrack', true],
      ['dracut.conf', 'add_drivers+=" nf_conntrack "', false],
      ['sysctl.d/zz-conntrackctl.conf', 'net/netfilter/nf_conntrack_buckets = 16384', true],
      ['sysctl.d/zz-conntrackctl.conf', '# net.netfilter.nf_conntrack_buckets = 16384', false],
    ] as const
    for (const [index, [path, line, loads]] of rows.entries()) {
      const copy = join(folder, `copy${index}`)
      cpSync(root, copy, { recursive: true, verbatimSymlinks: true })
      const file = join(copy, 'etc', path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${line}\n`)
      const lines = [{ line: 1, text: line }]
      const read = initramfsLoad([{ path: `/etc/${path}`, kind: 'file', link: null, lines }])
      if (!path.startsWith('sysctl.d')) expect(read.place !== null, line).toBe(loads)
      expect(runScript(script, copy), line).toMatchObject({ status: 0 })
      const dropIn = readFileSync(join(copy, 'etc/sysctl.d/zz-conntrackctl.conf'), 'utf8')
      expect(/^net[.]netfilter[.]nf_conntrack_buckets = 65536$/m.test(dropIn), line).toBe(loads)
    }
  })

  test('puts everything back where a file cannot be written', async () => {
    const { root, script } = await host('- hosts: all\n  conntrack: {max: 300000}\n')
    const before = filesOf(root)
    // A folder stands where the second file has to go, which shows only when it is put there.
    mkdirSync(join(root, 'etc/modules-load.d/conntrackctl.conf/x'), { recursive: true })
    const ended = runScript(script, root)
    expect(ended.status).toBe(2)
    rmSync(join(root, 'etc/modules-load.d/conntrackctl.conf'), { recursive: true })
    expect(changed(before, filesOf(root))).toEqual({})
  })

  test('sees drift, and does not touch what others keep in our file', async () => {
    const { root, script } = await host('- hosts: all\n  conntrack: {max: 300000}\n')
    const dropIn = join(root, 'etc/sysctl.d/zz-conntrackctl.conf')
    mkdirSync(join(root, 'etc/sysctl.d'), { recursive: true })
    writeFileSync(dropIn, 'net.core.somaxconn = 4096\n net/netfilter/nf_conntrack_max=7\n')
    expect(runScript(script, root).status).toBe(0)
    expect(readFileSync(dropIn, 'utf8')).toBe(
      '# Written by conntrackctl. Change the playbook, not this file.\nnet.core.somaxconn = 4096\nnet.netfilter.nf_conntrack_max = 300000\n',
    )
    writeFileSync(join(root, maxFile), '1000\n')
    expect(runScript(script, root, ['--verify'])).toMatchObject({
      status: 10,
      stdout: 'pending:\n  net.netfilter.nf_conntrack_max  1000 -> 300000\n',
    })
    expect(runScript(script, root).status).toBe(0)
  })

  test('says that a file behind ours will have the last word, or takes a name behind it', async () => {
    const { root, script } = await host('- hosts: all\n  conntrack: {max: 300000}\n')
    mkdirSync(join(root, 'etc/sysctl.d'), { recursive: true })
    writeFileSync(join(root, 'etc/sysctl.d/zzy.conf'), 'net.netfilter.nf_conntrack_max = 5\n')
    expect(runScript(script, root).status).toBe(0)
    expect(existsSync(join(root, 'etc/sysctl.d/zzz-conntrackctl.conf'))).toBe(true)
    writeFileSync(join(root, 'etc/sysctl.d/zzzzzzzz.conf'), '# x\nnet/netfilter/nf_conntrack_max = 5\n')
    const ended = runScript(script, root)
    expect(ended.status).toBe(5)
    expect(ended.stderr).toContain(
      'after a reboot net.netfilter.nf_conntrack_max would be 5 by /etc/sysctl.d/zzzzzzzz.conf:2',
    )
  })

  test('for an image writes the files, and refuses a size that only the host can tell', async () => {
    const image = join(labFolder(), 'image')
    mkdirSync(join(image, 'etc'), { recursive: true })
    const { script } = await host('- hosts: all\n  conntrack: {max: 300000, hashsize: 65536}\n')
    const ended = runScript(script, image)
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    expect([...filesOf(image).keys()].map((name) => relative('.', name)).toSorted()).toEqual([
      'etc/modprobe.d/conntrackctl.conf',
      'etc/modules-load.d/conntrackctl.conf',
      'etc/sysctl.d/zz-conntrackctl.conf',
    ])
    const sized = await host('- hosts: all\n  conntrack: {max: {per_gib: 32768}}\n')
    const unknown = runScript(sized.script, image)
    expect(unknown.status).toBe(2)
    expect(unknown.stderr).toContain('the policy for max needs to know its memory')
  })

  test('is understood wrongly by nobody: --help, and 64 for other words', async () => {
    const { root, script } = await host('- hosts: all\n  conntrack: {max: 300000}\n')
    expect(runScript(script, root, ['--help']).stdout).toMatch(
      /^usage: sh script\.sh \[--check \| --verify\]/,
    )
    expect(runScript(script, root, ['--force']).status).toBe(64)
  })

  test('what cannot be compiled is refused by name', async () => {
    const file = join(labFolder(), 'p.yml')
    writeFileSync(file, '- name: Mine\n  hosts: all\n  conflicts: override\n  conntrack: {max: 300000}\n')
    const { exitCode, stdout, stderr } = await runProgram(['compile', file, '--host', 'web01'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: '' })
    expect(stderr).toContain('"Mine" asks for something that no script can do by itself: conflicts: override')
    const other = await runProgram(['compile', file, '--host', 'db9', '-i', 'web01,'])
    expect(other.exitCode).toBe(64)
    expect(other.stderr).toContain('the inventory has no host db9')
  })
})

test.each([
  ['the part that changes', 'kill -9 "$(cut -d" " -f4 /proc/$PPID/stat)" $PPID'],
  ['all of its session', 'kill -9 0'],
])('a compiled script that is killed in the middle leaves the host as it was: %s', async (_, killing) => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web') })
  const root = lab.hosts[0]?.root ?? ''
  const script = await compiled(
    labFolder(),
    '- hosts: all\n  conntrack: {max: 524288, timeouts: {udp: 20}}\n',
  )
  const before = filesOf(root)
  // It falls between two files, when all values and the first file have been written.
  const mv = join(root, 'sbin/mv')
  mkdirSync(join(root, 'sbin'), { recursive: true })
  writeFileSync(
    mv,
    `#!/bin/sh\ncase "$*" in *.old*) ;; *./etc/modprobe.d/*) : >"$CONNTRACKCTL_ROOT/killed"; ${killing}; sleep 1 ;; esac\nexec /bin/mv "$@"\n`,
    { mode: 0o755 },
  )
  runScript(script, root, [], ['setsid', '--wait', 'sh'])
  await expect
    .poll(() => changed(before, filesOf(root)), { timeout: 20_000 })
    .toEqual({
      killed: '',
      'sbin/mv': expect.any(String),
    })
  rmSync(mv)
  expect(runScript(script, root)).toMatchObject({ status: 0 })
})
