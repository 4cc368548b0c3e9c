// @ts-check
// The files that tell a client of the rig where its hosts are and how to get in.
import { stringify } from 'yaml'

/**
 * @typedef {object} Entrance what a client needs to know of one host
 * @property {string} name
 * @property {string} address
 * @property {number} port
 * @property {string | null} hostKey that the client shall expect, `ssh-ed25519 AAAA…`; null leaves it unknown
 * @property {readonly string[]} groups
 * @property {Record<string, unknown>} vars
 */

/**
 * An Ansible inventory in YAML.
 * @param {readonly Entrance[]} entrances
 * @param {{identityFile: string, knownHosts: string}} paths
 */
export function inventoryText(entrances, { identityFile, knownHosts }) {
  /** @type {Record<string, {hosts: Record<string, null>}>} */
  const children = {}
  for (const { name, groups } of entrances)
    for (const group of groups) (children[group] ??= { hosts: {} }).hosts[name] = null
  return stringify({
    all: {
      vars: {
        ansible_user: 'root',
        ansible_ssh_private_key_file: identityFile,
        ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHosts} -o StrictHostKeyChecking=yes`,
      },
      hosts: Object.fromEntries(
        entrances.map(({ name, address, port, vars }) => [
          name,
          { ansible_host: address, ansible_port: port, ...vars },
        ]),
      ),
      ...(Object.keys(children).length > 0 && { children }),
    },
  })
}

/** @param {readonly Entrance[]} entrances */
export function knownHostsText(entrances) {
  return entrances
    .filter(({ hostKey }) => hostKey !== null)
    .map(({ address, port, hostKey }) => `[${address}]:${port} ${hostKey}\n`)
    .join('')
}

/**
 * For the system's `ssh -F`: every host by its name.
 * @param {readonly Entrance[]} entrances
 * @param {{identityFile: string, knownHosts: string}} paths
 */
export function sshConfigText(entrances, { identityFile, knownHosts }) {
  const hosts = entrances.map(
    ({ name, address, port }) => `Host ${name}\n  HostName ${address}\n  Port ${port}\n`,
  )
  return `${hosts.join('')}Host *
  User root
  IdentityFile ${identityFile}
  IdentitiesOnly yes
  UserKnownHostsFile ${knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  # OpenSSH's own first choice costs the client seven times the CPU.
  KexAlgorithms curve25519-sha256
`
}
