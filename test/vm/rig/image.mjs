// @ts-check
// The disk that all machines start from, and their kernels: built once, kept outside the tree.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { configuredMirror, proxyOptions, unpackPackages } from './apt.mjs'

/** @typedef {'5.10' | '6.1' | '6.12'} KernelVersion */
/** @typedef {{release: string, packages: readonly string[]}} KernelPackages */

/**
 * Debian's releases of user-mode-linux. All start the same Debian 12.
 * @type {Record<KernelVersion, KernelPackages>}
 */
const kernels = {
  '5.10': { release: 'bullseye', packages: ['user-mode-linux'] },
  6.1: { release: 'bookworm', packages: ['user-mode-linux'] },
  // A newer C library than Debian 12's comes along, for this one process.
  6.12: { release: 'trixie', packages: ['user-mode-linux', 'libc6'] },
}

/** Where a program looks for its C library. */
const libraries = ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6']

/** What makes the image. Any change in this file or in guest/ makes a new one. */
const recipe = {
  release: 'bookworm',
  packages: [
    ...['systemd-sysv', 'dbus', 'udev', 'kmod', 'procps', 'iproute2', 'openssh-server', 'sudo', 'cron'],
    ...['nftables', 'iptables', 'conntrack', 'netcat-openbsd'],
  ],
  without: ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'],
  /**
   * Left out, which takes almost half of the work off a start, most of what a run costs. Nothing here touches modules or
   * the kernel's settings: udevd, its coldplug, systemd-modules-load and systemd-sysctl are as Debian has them.
   */
  masked: [
    ...'apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer'.split(
      ' ',
    ),
    ...'systemd-tmpfiles-clean.timer e2scrub_reap.service getty@tty1.service dbus.service dbus.socket'.split(
      ' ',
    ),
    ...'kmod-static-nodes.service systemd-logind.service systemd-tmpfiles-setup.service'.split(' '),
    ...'systemd-pstore.service systemd-random-seed.service systemd-sysusers.service'.split(' '),
    ...'systemd-tmpfiles-setup-dev.service systemd-update-utmp.service'.split(' '),
    ...'systemd-update-utmp-runlevel.service systemd-user-sessions.service systemd-journal-flush.service'.split(
      ' ',
    ),
    ...'configfs dm_mod drm efi_pstore fuse loop'.split(' ').map((name) => `modprobe@${name}.service`),
    ...'dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount'.split(
      ' ',
    ),
  ],
  /** What looks at every start for disks and consoles that these machines do not have. */
  generators:
    'cryptsetup debug getty gpt-auto hibernate-resume integritysetup run system-update veritysetup'.split(
      ' ',
    ),
  /** In the new root. */
  commands: `
    set -e
    useradd --uid 1000 --create-home --shell /bin/bash ops
    systemctl enable rig-agent.service rig-network.service
    # These kernels are built without the families of nf_tables.
    update-alternatives --set iptables /usr/sbin/iptables-legacy
    update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy
    rm -rf /etc/ssh/ssh_host_* /var/log/journal /var/lib/apt/lists/* /var/cache/apt/*.bin
  `,
  size: '1G',
}

const run = promisify(execFile)
const guest = fileURLToPath(new URL('guest', import.meta.url))

/** @type {Map<string, Promise<string>>} */
const building = new Map()

/**
 * The kernel and the image for it, built where they are not yet there: under a minute the first time.
 * @param {KernelVersion} version
 * @returns {Promise<{kernel: string, image: string, libraries: Record<string, string>}>} paths; libraries: what the
 *   kernel's process shall find in place of this machine's own
 */
export async function ensureImage(version) {
  const cache = `${process.env['XDG_CACHE_HOME'] || `${homedir()}/.cache`}/conntrackctl/vm`
  await mkdir(cache, { recursive: true })
  await removeUnfinished(cache)
  const root = await ensure(`${cache}/root-${await digest('root')}`, buildRoot)
  const folder = await ensure(`${cache}/uml-${await digest(version)}`, (partial) =>
    buildImage(kernels[version], root, partial),
  )
  const own = libraries
    .map((path) => [path, `${folder}/usr${path}`])
    .filter(([, path]) => existsSync(`${path}`))
  return {
    kernel: `${folder}/usr/bin/linux.uml`,
    image: `${folder}/disk.img`,
    libraries: Object.fromEntries(own),
  }
}

/**
 * What builds left that were killed.
 * @param {string} cache
 */
async function removeUnfinished(cache) {
  for (const name of await readdir(cache)) {
    if (!name.includes('.partial-')) continue
    // A younger one may still be at work.
    const ageMs = Date.now() - (await stat(`${cache}/${name}`)).mtimeMs
    if (ageMs > 3_600_000) await rm(`${cache}/${name}`, { recursive: true, force: true })
  }
}

/**
 * A short name for what this file and the guest's own files make, of this.
 * @param {unknown} of
 */
async function digest(of) {
  const hash = createHash('sha256').update(JSON.stringify(of))
  hash.update(await readFile(fileURLToPath(import.meta.url)))
  for (const name of (await readdir(guest, { recursive: true })).sort()) {
    const path = `${guest}/${name}`
    if ((await stat(path)).isFile()) hash.update(`${name}\0`).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * The folder, made beside it and then renamed, so that it is there wholly or not at all.
 * @param {string} folder
 * @param {(partial: string) => Promise<void>} build
 */
function ensure(folder, build) {
  const known = building.get(folder)
  if (known) return known
  const made = make(folder, build)
  building.set(folder, made)
  return made
}

/**
 * @param {string} folder
 * @param {(partial: string) => Promise<void>} build
 */
async function make(folder, build) {
  if (existsSync(folder)) return folder
  const partial = await mkdtemp(`${folder}.partial-`)
  try {
    await build(partial)
    await rename(partial, folder)
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw error
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}

/**
 * Debian as a tar of files, without a kernel.
 * @param {string} folder
 */
async function buildRoot(folder) {
  const aptOptions = [
    'Apt::Install-Recommends "false";',
    'Acquire::Languages "none";',
    ...(await proxyOptions()),
  ]
  const files = `${folder}/root`
  await run(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=minbase',
      `--include=${recipe.packages.join(',')}`,
      ...aptOptions.map((option) => `--aptopt=${option}`),
      ...recipe.without.map((path) => `--dpkgopt=path-exclude=${path}`),
      recipe.release,
      files,
      await configuredMirror(),
    ],
    { maxBuffer: 2 ** 24 },
  )
  await cp(guest, files, { recursive: true })
  for (const name of await readdir(`${files}/usr/local/sbin`))
    await chmod(`${files}/usr/local/sbin/${name}`, 0o755)
  await run('chroot', [files, 'sh', '-c', recipe.commands])
  await run('chroot', [files, 'systemctl', 'mask', ...recipe.masked])
  await mkdir(`${files}/etc/systemd/system-generators`)
  for (const name of recipe.generators)
    await symlink('/dev/null', `${files}/etc/systemd/system-generators/systemd-${name}-generator`)
  await run('tar', ['--create', '--file', `${folder}/root.tar`, '--directory', files, '.'])
  await rm(files, { recursive: true })
}

/**
 * A kernel, and an ext4 file system with its modules.
 * @param {KernelPackages} kernel
 * @param {string} root what buildRoot made
 * @param {string} folder
 */
async function buildImage(kernel, root, folder) {
  await unpackPackages({ ...kernel, folder })
  const files = `${folder}/root`
  await mkdir(files)
  await run('tar', ['--extract', '--file', `${root}/root.tar`, '--directory', files])
  await cp(`${folder}/usr/lib/uml/modules`, `${files}/usr/lib/modules`, { recursive: true })
  await run('truncate', ['--size', recipe.size, `${folder}/disk.img`])
  // Tables made now are not made by a thread of the guest's at every first start.
  const extended = 'lazy_itable_init=0,lazy_journal_init=0'
  await run('mke2fs', ['-q', '-t', 'ext4', '-m', '0', '-E', extended, '-d', files, `${folder}/disk.img`])
  await rm(files, { recursive: true })
  for (const path of ['usr/lib/uml', 'usr/share']) await rm(`${folder}/${path}`, { recursive: true })
}
