// @ts-check
// A Debian as a folder of files, and as a disk.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { configuredMirror, proxyOptions } from './apt.mjs'

/**
 * @typedef {object} Root
 * @property {string} release
 * @property {readonly string[]} packages besides those that every machine of a rig has
 * @property {readonly URL[]} guests folders that are laid over it
 * @property {readonly string[]} masked units that it does not start
 * @property {readonly string[]} generators that it does not run, of systemd's
 * @property {string} commands for sh, run in it
 */

const run = promisify(execFile)

const packages = [
  ...'systemd-sysv udev kmod procps iproute2 openssh-server sudo cron'.split(' '),
  ...'nftables iptables conntrack netcat-openbsd'.split(' '),
]
const without = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*']

/** Units that no machine of a rig needs, and that touch neither modules nor the kernel's settings nor the network. */
export const idleUnits = [
  ...'apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer'.split(' '),
  ...'systemd-tmpfiles-clean.timer e2scrub_reap.service getty@tty1.service systemd-logind.service'.split(' '),
  ...'systemd-pstore.service systemd-random-seed.service systemd-update-utmp.service'.split(' '),
  ...'systemd-update-utmp-runlevel.service systemd-journal-flush.service'.split(' '),
]

/**
 * @param {Root} root
 * @param {string} files the folder, which is made
 */
export async function buildRoot({ release, packages: more, guests, masked, generators, commands }, files) {
  const aptOptions = [
    'Apt::Install-Recommends "false";',
    'Acquire::Languages "none";',
    // A release that is no longer changed may be past the date on its index.
    'Acquire::Check-Valid-Until "false";',
    ...(await proxyOptions()),
  ]
  await run(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=minbase',
      `--include=${[...packages, ...more].join(',')}`,
      ...aptOptions.map((option) => `--aptopt=${option}`),
      ...without.map((path) => `--dpkgopt=path-exclude=${path}`),
      release,
      files,
      await configuredMirror(),
    ],
    { maxBuffer: 2 ** 24 },
  )
  for (const guest of guests) await cp(fileURLToPath(guest), files, { recursive: true })
  for (const name of await readdir(`${files}/usr/local/sbin`))
    await chmod(`${files}/usr/local/sbin/${name}`, 0o755)
  await run('chroot', [
    files,
    ...['sh', '-ec'],
    `useradd --uid 1000 --create-home --shell /bin/bash ops
     systemctl enable rig-agent.service
     systemctl mask ${masked.join(' ')}
     ${commands}
     rm -rf /etc/ssh/ssh_host_* /var/log/journal /var/lib/apt/lists/* /var/cache/apt/*.bin`,
  ])
  await mkdir(`${files}/etc/systemd/system-generators`)
  for (const name of generators)
    await symlink('/dev/null', `${files}/etc/systemd/system-generators/systemd-${name}-generator`)
}

/**
 * An ext4 file system, labelled `root`, with these files.
 * @param {{files: string, disk: string, size: string}} wish
 */
export async function buildDisk({ files, disk, size }) {
  await run('truncate', ['--size', size, disk])
  // Tables made now are not made by a thread of the guest's at every first start.
  const extended = 'lazy_itable_init=0,lazy_journal_init=0'
  await run('mke2fs', ['-q', '-t', 'ext4', '-L', 'root', '-m', '0', '-E', extended, '-d', files, disk])
}
