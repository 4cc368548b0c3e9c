// @ts-check
// The disk that all machines of user-mode-linux start from, and their kernels.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { unpackPackages } from './apt.mjs'
import { buildDisk, buildRoot, idleUnits } from './debian-root.mjs'
import { cached } from './image-cache.mjs'

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

/** @type {import('./debian-root.mjs').Root} */
const root = {
  release: 'bookworm',
  packages: [],
  guests: [new URL('guest', import.meta.url), new URL('guest-uml', import.meta.url)],
  // All in all half of the work of a start, and starts are most of what a run costs. Udevd, its coldplug,
  // systemd-modules-load and systemd-sysctl are as Debian has them.
  masked: [
    ...idleUnits,
    ...'kmod-static-nodes.service systemd-sysusers.service systemd-user-sessions.service'.split(' '),
    ...'systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service'.split(' '),
    ...'configfs dm_mod drm efi_pstore fuse loop'.split(' ').map((name) => `modprobe@${name}.service`),
    ...'dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount'.split(
      ' ',
    ),
  ],
  // What looks at every start for disks and consoles that these machines do not have.
  generators:
    'cryptsetup debug getty gpt-auto hibernate-resume integritysetup run system-update veritysetup'.split(
      ' ',
    ),
  // These kernels are built without the families of nf_tables.
  commands: `systemctl enable rig-network.service
    update-alternatives --set iptables /usr/sbin/iptables-legacy
    update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy`,
}

const madeBy = ['image.mjs', 'debian-root.mjs', 'image-cache.mjs'].map(
  (name) => new URL(name, import.meta.url),
)
const run = promisify(execFile)

/**
 * The kernel and the image for it, built where they are not yet there: under a minute the first time.
 * @param {KernelVersion} version
 * @returns {Promise<{kernel: string, image: string, libraries: Record<string, string>}>} paths; libraries: what the
 *   kernel's process shall find in place of this machine's own
 */
export async function ensureImage(version) {
  const files = [...madeBy, ...root.guests]
  const base = await cached('root', root, files, async (partial) => {
    await buildRoot(root, `${partial}/root`)
    await run('tar', ['--create', '--file', `${partial}/root.tar`, '--directory', `${partial}/root`, '.'])
    await rm(`${partial}/root`, { recursive: true })
  })
  const folder = await cached('uml', [version, root], files, (partial) =>
    buildImage(kernels[version], base, partial),
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
 * A kernel, and a disk with its modules.
 * @param {KernelPackages} kernel
 * @param {string} base the folder of the root's archive
 * @param {string} folder
 */
async function buildImage(kernel, base, folder) {
  await unpackPackages({ ...kernel, folder })
  const files = `${folder}/root`
  await mkdir(files)
  await run('tar', ['--extract', '--file', `${base}/root.tar`, '--directory', files])
  await cp(`${folder}/usr/lib/uml/modules`, `${files}/usr/lib/modules`, { recursive: true })
  await buildDisk({ files, disk: `${folder}/disk.img`, size: '1G' })
  await rm(files, { recursive: true })
  for (const path of ['usr/lib/uml', 'usr/share']) await rm(`${folder}/${path}`, { recursive: true })
}
