// @ts-check
// Real kernels to test against, on one machine: see startVms.
import { writeFile } from 'node:fs/promises'
import { makeKeyPair } from '../../hosts/rig/key-pair.mjs'
import { inventoryText, knownHostsText, sshConfigText } from '../../hosts/rig/rig-files.mjs'
import { ensureDistribution } from './distribution-image.mjs'
import { ensureImage } from './image.mjs'
import { startKeeper } from './keeper.mjs'
import { diskEntries } from './vm-spec.mjs'
import { attachVm } from './vm.mjs'

/** @typedef {import('./vm-spec.mjs').VmSpec} VmSpec */
/** @typedef {import('./vm.mjs').Vm} Vm */

/**
 * @typedef {object} VmRigParts
 * @property {string} folder with all files below; gone after stop
 * @property {string} inventory Ansible's YAML
 * @property {string} inventoryPath
 * @property {string} knownHosts path
 * @property {string} identityFile path of the private key that root and ops of every machine let in
 * @property {string} sshConfig path, for `ssh -F`: machines by name
 * @property {number} keeper id of the process that all machines hang on
 * @property {readonly Vm[]} vms in the order asked for
 * @property {(name: string) => Vm} vm throws for an unknown name
 * @property {() => Promise<void>} stop ends every process and removes every mount, network and file
 *
 * @typedef {VmRigParts & AsyncDisposable} VmRig
 */

/**
 * Starts virtual machines, all at once: each a real kernel of its own (user-mode-linux, a kernel as a process) under
 * Debian 12 with its systemd, udev and sshd, on a disk of its own over one common image; or, where the spec names a
 * distribution, all of that under QEMU's emulation. They reach nothing and nobody, and are reached through an address on
 * loopback each. Nothing of this machine itself is changed. Needs root and what .ci/install-packages installs; builds the
 * image where it is not yet cached. However the caller ends, the machines end with it.
 * @param {readonly VmSpec[]} specs
 * @returns {Promise<VmRig>}
 */
export async function startVms(specs) {
  const login = makeKeyPair()
  const wished = await Promise.all(specs.map((spec, index) => wish(spec, index, login.public)))
  const keeper = await startKeeper({ vms: wished.map(({ config }) => config) })
  const { folder } = keeper.built
  try {
    const vms = wished.map(({ config: { name, memoryMiB }, hostKey }) => {
      const entrance = keeper.built.vms[name]
      if (!entrance) throw new Error(`the rig has no ${name}`)
      return attachVm({ name, memoryMiB, ...entrance, hostKey }, keeper.request)
    })
    await Promise.all(vms.map((vm) => vm.start()))
    return {
      ...(await writeFiles(folder, login, specs, vms)),
      folder,
      keeper: keeper.built.keeper,
      vms,
      vm: (name) => {
        const found = vms.find((vm) => vm.name === name)
        if (!found) throw new Error(`no machine ${name} in this rig`)
        return found
      },
      stop: keeper.stop,
      [Symbol.asyncDispose]: keeper.stop,
    }
  } catch (error) {
    await keeper.stop()
    throw error
  }
}

/**
 * One machine with a rig of its own, which `stop` ends.
 * @param {VmSpec} spec
 * @returns {Promise<Vm & {rig: VmRig} & AsyncDisposable>}
 */
export async function startVm(spec) {
  const rig = await startVms([spec])
  return { ...rig.vm(spec.name), rig, stop: rig.stop, [Symbol.asyncDispose]: rig.stop }
}

/**
 * What the keeper is told of a machine.
 * @param {VmSpec} spec
 * @param {number} index
 * @param {string} publicLoginKey
 */
async function wish(spec, index, publicLoginKey) {
  const { name, kernel = '6.1', distribution, kernelArguments = [] } = spec
  const memoryMiB = spec.memoryMiB ?? (distribution ? 512 : 256)
  const hostKey = makeKeyPair()
  const address = `10.201.${index}.2`
  const entries = diskEntries(spec, { privateHostKey: hostKey.private, publicLoginKey, address })
  const image = await (distribution ? ensureDistribution(distribution) : ensureImage(kernel))
  return {
    hostKey: hostKey.public,
    config: { name, memoryMiB, kernelArguments, ...image, address, gateway: `10.201.${index}.1`, entries },
  }
}

/**
 * @param {string} folder
 * @param {import('../../hosts/rig/key-pair.mjs').KeyPair} login
 * @param {readonly VmSpec[]} specs
 * @param {readonly Vm[]} vms
 */
async function writeFiles(folder, login, specs, vms) {
  const paths = { identityFile: `${folder}/id_ed25519`, knownHosts: `${folder}/known_hosts` }
  const entrances = vms.map(({ name, address, port, hostKey }, index) => {
    const { groups = [], vars = {} } = specs[index] ?? {}
    return { name, address, port, hostKey, groups, vars }
  })
  const inventory = inventoryText(entrances, paths)
  await writeFile(paths.identityFile, login.private, { mode: 0o600 })
  await writeFile(paths.knownHosts, knownHostsText(entrances))
  await writeFile(`${folder}/inventory.yml`, inventory)
  await writeFile(`${folder}/ssh_config`, sshConfigText(entrances, paths))
  return { ...paths, inventory, inventoryPath: `${folder}/inventory.yml`, sshConfig: `${folder}/ssh_config` }
}
