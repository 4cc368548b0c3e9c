// @ts-check
// What a test asks for, machine by machine, and what is laid on its disk for that.
import { randomBytes } from 'node:crypto'

/**
 * @typedef {object} VmSpec
 * @property {string} name as in the inventory and as its host name; letters, digits and `-`
 * @property {number} [memoryMiB] 256 unless told, 512 of a distribution: nf_conntrack's defaults follow from it
 * @property {import('./image.mjs').KernelVersion} [kernel] of user-mode-linux; 6.1 unless told
 * @property {import('./distribution-image.mjs').Distribution} [distribution] instead: its own kernel, initramfs and programs,
 *   on an emulated processor, which is ten times slower
 * @property {Record<string, import('../../hosts/rig/host-spec.mjs').HostFile>} [files] absolute path and what to lay
 *   there before the first start
 * @property {readonly string[]} [commands] scripts for sh, run in this order on the disk before the first start of
 *   systemd (so `systemctl enable` works and `systemctl start` does not); one that fails fails the start
 * @property {readonly string[]} [kernelArguments] for the kernel's command line, at every start
 * @property {Record<string, unknown>} [vars] for the inventory, over the rig's own
 * @property {readonly string[]} [groups] of the inventory
 */

/**
 * A member of the archive that the first start unpacks.
 * @typedef {{text: string, mode?: number, uid?: number, gid?: number}
 *   | {folder: true, mode?: number, uid?: number, gid?: number}
 *   | {link: string}} Entry
 */

/** The user with sudo and no password; see the image's recipe. */
const ops = { uid: 1000, gid: 1000 }

/**
 * The files that make one machine of the common image.
 * @param {VmSpec} spec
 * @param {{privateHostKey: string, publicLoginKey: string, address: string}} own address: in the rig's own network
 * @returns {Record<string, Entry>}
 */
export function diskEntries(
  { name, files = {}, commands = [] },
  { privateHostKey, publicLoginKey, address },
) {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name)) throw new Error(`not a name for a machine: ${name}`)
  const login = { text: `${publicLoginKey}\n`, mode: 0o600 }
  return {
    '/etc/hostname': { text: `${name}\n` },
    '/etc/hosts': { text: `127.0.0.1 localhost ${name}\n` },
    '/etc/rig-network': {
      text: `link set lo up\naddress add ${address}/30 dev vec0\nlink set vec0 up\n`,
    },
    '/etc/network/interfaces.d/eth0': {
      text: `auto eth0\niface eth0 inet static\n  address ${address}/30\n`,
    },
    '/etc/machine-id': { text: `${randomBytes(16).toString('hex')}\n`, mode: 0o444 },
    '/etc/ssh/ssh_host_ed25519_key': { text: privateHostKey, mode: 0o600 },
    '/root/.ssh': { folder: true, mode: 0o700 },
    '/root/.ssh/authorized_keys': login,
    '/home/ops/.ssh': { folder: true, mode: 0o700, ...ops },
    '/home/ops/.ssh/authorized_keys': { ...login, ...ops },
    ...Object.fromEntries(
      Object.entries(files).map(([path, file]) => [path, typeof file === 'string' ? { text: file } : file]),
    ),
    ...Object.fromEntries(
      commands.map((text, index) => [`/rig/command-${String(index).padStart(3, '0')}`, { text }]),
    ),
  }
}
