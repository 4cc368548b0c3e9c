// @ts-check
// Real hosts to test against, on one machine: see startHosts.
import { writeFile } from 'node:fs/promises'
import { attachHost } from './host.mjs'
import { keeperSpec } from './host-spec.mjs'
import { startKeeper } from './keeper.mjs'
import { makeKeyPair } from './key-pair.mjs'
import { templateEntries } from './layout.mjs'
import { inventoryText, knownHostsText, sshConfigText } from './rig-files.mjs'
import { startProxy } from './tcp-proxy.mjs'

/** @typedef {import('./host-spec.mjs').HostSpec} HostSpec */
/** @typedef {import('./host-spec.mjs').HostKind} HostKind */
/** @typedef {import('./host.mjs').RigHost} RigHost */

/**
 * @typedef {object} RigParts
 * @property {string} folder with all files below; gone after stop
 * @property {string} inventory Ansible's YAML
 * @property {string} inventoryPath
 * @property {string} knownHosts path
 * @property {string} identityFile path of the private key that every user of every host lets in
 * @property {string} sshConfig path, for `ssh -F`: hosts by name
 * @property {number} keeper id of the process that all hosts hang on
 * @property {readonly RigHost[]} hosts in the order asked for
 * @property {(name: string) => RigHost} host throws for an unknown name
 * @property {() => Promise<void>} stop ends every process and removes every mount, network and file
 *
 * @typedef {RigParts & AsyncDisposable} Rig
 */

/**
 * Starts real hosts: each has its own network, mounts, process numbers, name, files, users and host key, Debian's own
 * sshd on a loopback address, the kernel's own timeouts, and its own max, buckets and hashsize. Nothing of the
 * machine itself is changed. Needs root and what .ci/install-packages installs. However the caller ends, the hosts
 * end with it.
 * @param {readonly HostSpec[]} specs
 * @returns {Promise<Rig>}
 */
export async function startHosts(specs) {
  const login = makeKeyPair()
  const wished = specs.map((spec) => ({ spec, hostKey: makeKeyPair() }))
  const keeper = await startKeeper({
    template: templateEntries(login.public),
    hosts: wished.map(({ spec, hostKey }) => keeperSpec(spec, hostKey.private)),
  })
  const { folder } = keeper.built
  try {
    const hosts = await Promise.all(
      wished.map(async ({ spec, hostKey }) => {
        const built = keeper.built.hosts[spec.name]
        if (!built) throw new Error(`the rig has no ${spec.name}`)
        const proxy = spec.proxy && (await startProxy({ ...spec.proxy, to: built }))
        return attachHost({ spec, built, proxy, hostKey: hostKey.public }, keeper)
      }),
    )
    const stop = async () => {
      for (const { proxy } of hosts) await proxy?.stop()
      await keeper.stop()
    }
    return {
      ...(await writeFiles(folder, login, specs, hosts)),
      folder,
      keeper: keeper.built.keeper,
      hosts,
      host: (name) => {
        const found = hosts.find((host) => host.name === name)
        if (!found) throw new Error(`no host ${name} in this rig`)
        return found
      },
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await keeper.stop()
    throw error
  }
}

/**
 * @param {string} folder
 * @param {import('./key-pair.mjs').KeyPair} login
 * @param {readonly HostSpec[]} specs
 * @param {readonly RigHost[]} hosts
 */
async function writeFiles(folder, login, specs, hosts) {
  const paths = { identityFile: `${folder}/id_ed25519`, knownHosts: `${folder}/known_hosts` }
  const entrances = hosts.map((host, index) => ({
    name: host.name,
    address: host.address,
    port: host.port,
    hostKey: expectedHostKey(host),
    groups: specs[index]?.groups ?? [],
    vars: specs[index]?.vars ?? {},
  }))
  const inventory = inventoryText(entrances, paths)
  await writeFile(paths.identityFile, login.private, { mode: 0o600 })
  await writeFile(paths.knownHosts, knownHostsText(entrances))
  await writeFile(`${folder}/inventory.yml`, inventory)
  await writeFile(`${folder}/ssh_config`, sshConfigText(entrances, paths))
  return { ...paths, inventory, inventoryPath: `${folder}/inventory.yml`, sshConfig: `${folder}/ssh_config` }
}

/**
 * What known_hosts says of it.
 * @param {RigHost} host
 */
function expectedHostKey({ kind, hostKey }) {
  if (kind === 'host-key-unknown') return null
  return kind === 'host-key-changed' ? makeKeyPair().public : hostKey
}
