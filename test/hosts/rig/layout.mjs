// @ts-check
// What every host of the rig has alike: its users, its logins, its sudo, its own /etc beside the machine's.
import { readFileSync } from 'node:fs'

/**
 * A file, link or folder that the keeper lays down. Opaque: nothing of the machine's own folder shows through.
 * @typedef {{text: string, mode?: number, uid?: number, gid?: number}
 *   | {link: string}
 *   | {folder: true, mode?: number, uid?: number, gid?: number, opaque?: boolean}} Entry
 */

/** The users that every host has besides root; all of them let the rig's key in. */
export const users = /** @type {const} */ ({
  /** sudo without a password. */
  ops: { uid: 1001, shell: '/bin/bash', sudo: 'NOPASSWD: ALL' },
  /** sudo with the password `correct horse`, asked for every time. */
  pw: { uid: 1002, shell: '/bin/bash', sudo: 'ALL' },
  /** May not use sudo at all. */
  nosudo: { uid: 1003, shell: '/bin/bash', sudo: null },
  /** sudo only from a terminal. */
  tty: { uid: 1004, shell: '/bin/bash', sudo: 'NOPASSWD: ALL' },
  csh: { uid: 1005, shell: '/usr/bin/tcsh', sudo: 'NOPASSWD: ALL' },
  fish: { uid: 1006, shell: '/usr/bin/fish', sudo: 'NOPASSWD: ALL' },
  /** Logs in, and is shown the door. */
  nologin: { uid: 1007, shell: '/usr/sbin/nologin', sudo: null },
  /** Its shell prints a megabyte before it does what it was asked. */
  noisy: { uid: 1008, shell: '/bin/bash', sudo: 'NOPASSWD: ALL' },
})

/** The password of every user but root. */
export const password = 'correct horse'
const passwordHash =
  '$6$conntrackctl$iiwrMLtSz7EV45V23RE/XhtE9qEd.sFYDU0HsqaUUcSSpZx6By0Un2fIvn0YS0Uvx.z8k9OFdgWZ3/97xpvnS0'

/** Debian 12's files, without what a login would write: no message of the day, no mail, no session service. */
const pamSshd = `@include common-auth
account required pam_nologin.so
@include common-account
session required pam_loginuid.so
session optional pam_keyinit.so force revoke
session required pam_unix.so
session required pam_limits.so
session required pam_env.so
@include common-password
`
const pamSudo = `@include common-auth
@include common-account
session required pam_limits.so
session required pam_unix.so
`

const sysctlConf = `#
# /etc/sysctl.conf - Configuration file for setting system variables
# See /etc/sysctl.d/ for additional system variables.
#
#kernel.domainname = example.com
#net.ipv4.ip_forward=1
`

/** kmod's behaviour where a test needs it: a module that is not loaded yet shows its files from here on. */
const modprobe = `#!/bin/sh
while :; do case $1 in -*) shift ;; *) break ;; esac; done
name=$(printf %s "$1" | tr - _)
[ -d "/sys/module/$name" ] && exit 0
if [ "$name" = nf_conntrack ] && grep -q '^module-loadable /sys/module ' /proc/mounts; then
  umount -l /sys/module /proc/sys/net
  size=$(sed -n 's/^[[:blank:]]*options[[:blank:]]\\{1,\\}nf_conntrack[[:blank:]].*hashsize=\\([0-9]*\\).*/\\1/p' \\
    /etc/modprobe.d/*.conf /usr/lib/modprobe.d/*.conf 2>/dev/null | tail -n 1)
  [ -n "$size" ] || exit 0
  # As the kernel does it at load: max is eight times the rounded size.
  echo "$size" >/sys/module/nf_conntrack/parameters/hashsize || exit 1
  echo $(($(cat /sys/module/nf_conntrack/parameters/hashsize) * 8)) >/proc/sys/net/netfilter/nf_conntrack_max
  exit 0
fi
echo "modprobe: FATAL: Module $1 not found in directory /lib/modules/$(uname -r)" >&2
exit 1
`

/** What systemd does at boot with the files that matter here, in its order. */
const boot = `#!/bin/sh
for file in /usr/lib/modules-load.d/*.conf /etc/modules-load.d/*.conf; do
  [ -f "$file" ] && grep -v '^[[:blank:]]*[#;]' "$file"
done | while read -r module _; do [ -n "$module" ] && modprobe "$module"; done
if [ -x /lib/systemd/systemd-sysctl ]; then exec /lib/systemd/systemd-sysctl; else exec sysctl --quiet --system; fi
`

/**
 * The layer over the machine's own root that all hosts share.
 * @param {string} publicKey in OpenSSH's one-line form
 * @returns {Record<string, Entry>}
 */
export function templateEntries(publicKey) {
  /** @type {Record<string, Entry>} */
  const entries = {}
  for (const path of [
    '/home',
    '/var',
    '/run',
    '/root',
    '/tmp',
    '/dev',
    '/proc',
    '/sys',
    '/srv',
    '/opt',
    '/mnt',
  ])
    entries[path] = { folder: true, opaque: true, mode: { '/root': 0o700, '/tmp': 0o1777 }[path] ?? 0o755 }
  for (const path of ['sysctl.d', 'modprobe.d', 'modules-load.d', 'ssh', 'sudoers.d', 'profile.d', 'cron.d'])
    entries[`/etc/${path}`] = { folder: true, opaque: true }
  for (const path of [
    '/dev/pts',
    '/dev/shm',
    '/run/sshd',
    '/run/lock',
    '/run/systemd/system',
    '/usr/local/bin',
    '/usr/local/sbin',
  ])
    entries[path] = { folder: true }
  for (const path of ['/var/log', '/var/lib/sudo', '/var/spool/cron/crontabs', '/var/tmp', '/run/sudo/ts'])
    entries[path] = { folder: true, mode: path === '/run/sudo/ts' ? 0o700 : 0o755 }
  Object.assign(entries, {
    '/usr/local': { folder: true, opaque: true },
    '/var/run': { link: '/run' },
    '/dev/ptmx': { link: 'pts/ptmx' },
    '/dev/fd': { link: '/proc/self/fd' },
    '/dev/stdin': { link: '/proc/self/fd/0' },
    '/dev/stdout': { link: '/proc/self/fd/1' },
    '/dev/stderr': { link: '/proc/self/fd/2' },
    '/etc/environment': { text: '' },
    '/etc/motd': { text: '' },
    '/etc/sysctl.conf': { text: sysctlConf },
    '/etc/sysctl.d/99-sysctl.conf': { link: '../sysctl.conf' },
    '/etc/pam.d/sshd': { text: pamSshd },
    '/etc/pam.d/sudo': { text: pamSudo },
    '/usr/sbin/modprobe': { text: modprobe, mode: 0o755 },
    '/usr/local/sbin/boot': { text: boot, mode: 0o755 },
    ...accounts(),
    ...logins(publicKey),
  })
  return entries
}

/**
 * The machine's own system accounts (sshd needs one), root at home in the host, and our users.
 * @returns {Record<string, Entry>}
 */
function accounts() {
  /** @param {string} file */
  const ofMachine = (file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => {
        const id = Number(line.split(':')[2])
        return line.includes(':') && id > 0 && (id < 1000 || id === 65534)
      })
  const passwd = ['root:x:0:0:root:/root:/bin/bash', ...ofMachine('/etc/passwd')]
  const group = ['root:x:0:', ...ofMachine('/etc/group')]
  const shadow = passwd.map((line) => `${line.split(':')[0]}:*:19000:0:99999:7:::`)
  const sudoers = [
    'Defaults env_reset, use_pty, lecture=never, timestamp_timeout=0',
    'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    'Defaults:tty requiretty',
    'root ALL=(ALL:ALL) ALL',
  ]
  for (const [name, { uid, shell, sudo }] of Object.entries(users)) {
    passwd.push(`${name}:x:${uid}:${uid}::/home/${name}:${shell}`)
    group.push(`${name}:x:${uid}:`)
    shadow.push(`${name}:${passwordHash}:19000:0:99999:7:::`)
    if (sudo) sudoers.push(`${name} ALL=(ALL:ALL) ${sudo}`)
  }
  /** @param {string[]} lines @param {number} mode */
  const file = (lines, mode) => ({ text: `${lines.join('\n')}\n`, mode })
  return {
    '/etc/passwd': file(passwd, 0o644),
    '/etc/group': file(group, 0o644),
    '/etc/shadow': file(shadow, 0o600),
    '/etc/gshadow': file([], 0o600),
    '/etc/sudoers': file(sudoers, 0o440),
    '/etc/shells': file([...new Set(Object.values(users).map(({ shell }) => shell))], 0o644),
  }
}

/**
 * Homes with nothing in them but the key that may log in.
 * @param {string} publicKey
 * @returns {Record<string, Entry>}
 */
function logins(publicKey) {
  /** @type {Record<string, Entry>} */
  const entries = {}
  const homes = [['/root', 0], ...Object.entries(users).map(([name, { uid }]) => [`/home/${name}`, uid])]
  for (const [home, id] of /** @type {[string, number][]} */ (homes)) {
    const owner = { uid: id, gid: id }
    if (id > 0) entries[home] = { folder: true, ...owner }
    entries[`${home}/.ssh`] = { folder: true, mode: 0o700, ...owner }
    entries[`${home}/.ssh/authorized_keys`] = { text: `${publicKey}\n`, mode: 0o600, ...owner }
  }
  entries['/home/noisy/.bashrc'] = { text: "head -c 1000000 /dev/zero | tr '\\0' n; echo\n" }
  return entries
}
