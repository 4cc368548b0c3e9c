// @ts-check
// Disks as Debian's own packages make them, kernel and initramfs included, for machines that QEMU emulates.
import { readdir, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { buildDisk, buildRoot, idleUnits } from './debian-root.mjs'
import { cached } from './image-cache.mjs'

/** @typedef {'bullseye' | 'bookworm' | 'trixie'} Distribution */

/** @type {(release: Distribution) => import('./debian-root.mjs').Root} */
const rootOf = (release) => ({
  release,
  packages: 'linux-image-cloud-amd64 initramfs-tools zstd dbus ifupdown'.split(' '),
  guests: [new URL('guest', import.meta.url), new URL('guest-qemu', import.meta.url)],
  masked: idleUnits,
  generators: [],
  commands: '',
})

const madeBy = ['distribution-image.mjs', 'debian-root.mjs', 'image-cache.mjs'].map(
  (name) => new URL(name, import.meta.url),
)

/**
 * A disk of that release, built where it is not yet there: under a minute the first time.
 * @param {Distribution} release
 * @returns {Promise<{image: string, kernel: string, initrd: string}>} image: a path; the others: paths on that disk
 */
export async function ensureDistribution(release) {
  const root = rootOf(release)
  const folder = await cached(release, root, [...madeBy, ...root.guests], async (partial) => {
    const files = `${partial}/root`
    await buildRoot(root, files)
    const boot = await readdir(`${files}/boot`)
    const found = (/** @type {string} */ prefix) => `/boot/${boot.find((name) => name.startsWith(prefix))}`
    await writeFile(
      `${partial}/boot.json`,
      JSON.stringify({ kernel: found('vmlinuz-'), initrd: found('initrd.img-') }),
    )
    await buildDisk({ files, disk: `${partial}/disk.img`, size: '1500M' })
    await rm(files, { recursive: true })
  })
  return { image: `${folder}/disk.img`, ...JSON.parse(readFileSync(`${folder}/boot.json`, 'utf8')) }
}
