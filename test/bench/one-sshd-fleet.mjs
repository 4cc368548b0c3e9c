// @ts-check
// Thousands of hosts that are one sshd: it listens on all of 127.0.0.0/8 in a network namespace of its own, and each
// address has files of its own to be read and changed. Needs root, openssh-server and iproute2, and a build in dist/;
// for very many hosts Dropbear can stand in, whose logins cost these processors less than half.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { closeModules, ourModule } from '../../scripts/our-module.mjs'
import { makeKeyPair } from '../hosts/rig/key-pair.mjs'

/** @type {typeof import('../../src/lab/conditions.ts')} */
const { conditions } = await ourModule('lab/conditions.ts')
/** @type {typeof import('../../src/lab/host-tree.ts')} */
const { hostTree } = await ourModule('lab/host-tree.ts')
/** @type {typeof import('../../src/lab/plant-tree.ts')} */
const { plantTree } = await ourModule('lab/plant-tree.ts')
await closeModules()

/**
 * @typedef {object} Fleet
 * @property {string} folder
 * @property {string} inventory path
 * @property {(number: number) => string} inventoryOf path of one with so many of the hosts
 * @property {string} identityFile
 * @property {string} knownHosts path
 * @property {readonly string[]} addresses
 * @property {(command: readonly string[]) => string[]} within the command as it runs among these hosts
 * @property {() => Promise<void>} stop
 */

/**
 * @param {number} count
 * @param {'openssh' | 'dropbear'} [server]
 * @returns {Promise<Fleet>}
 */
export async function startFleet(count, server = 'openssh') {
  const folder = mkdtempSync('/dev/shm/conntrackctl-bench-')
  const login = makeKeyPair()
  const hostKey = makeKeyPair()
  const addresses = Array.from({ length: count }, (_, index) => addressOf(index))
  plantTrees(join(folder, 'hosts'), addresses)
  const at = (/** @type {string} */ name) => join(folder, name)
  writeFileSync(at('id_ed25519'), login.private, { mode: 0o600 })
  writeFileSync(at('host_key'), hostKey.private, { mode: 0o600 })
  writeFileSync(at('authorized_keys'), `${login.public}\n`)
  writeFileSync(at('known_hosts'), addresses.map((address) => `${address} ${hostKey.public}\n`).join(''))
  writeFileSync(at('inventory.yml'), inventoryText(folder, addresses))
  writeFileSync(
    at('enter'),
    `#!/bin/sh\nset -- $SSH_CONNECTION\nexport CONNTRACKCTL_ROOT=${folder}/hosts/$3\neval "$SSH_ORIGINAL_COMMAND"\n`,
  )
  chmodSync(at('enter'), 0o755)
  writeFileSync(at('sshd_config'), sshdConfig(folder))

  // Without a home folder: what root's shell starts on this machine is no part of a host.
  const start = `mount -t tmpfs -o mode=700 tmpfs ${homedir()} && mount -t tmpfs tmpfs /run && mkdir /run/sshd && ip link set lo up && ${servers[server](folder)}`
  const sshd = spawn('unshare', ['--net', '--mount', '--kill-child', 'sh', '-c', start], {
    // A file: whoever measures reads no pipe meanwhile, and sshd waits for a full one.
    stdio: ['ignore', 'ignore', openSync(at('log'), 'w')],
  })
  const said = () => readFileSync(at('log'), 'utf8')
  for (let tries = 0; !/listening on/i.test(said()); tries += 1) {
    if (tries > 200 || sshd.exitCode !== null) throw new Error(`sshd did not start: ${said()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    folder,
    addresses,
    inventory: at('inventory.yml'),
    inventoryOf: (number) => {
      const path = at(`inventory-${number}.yml`)
      writeFileSync(path, inventoryText(folder, addresses.slice(0, number)))
      return path
    },
    identityFile: at('id_ed25519'),
    knownHosts: at('known_hosts'),
    within: (command) => ['nsenter', `--net=/proc/${sshd.pid}/ns/net`, '--', ...command],
    stop: async () => {
      const gone = once(sshd, 'exit')
      sshd.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @param {number} index */
function addressOf(index) {
  const number = index + 256
  return `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
}

/**
 * One tree as of a web server; the others share its files, but for those that are written in place.
 * @param {string} folder
 * @param {readonly string[]} addresses
 */
function plantTrees(folder, addresses) {
  const condition = conditions.find(({ name }) => name === 'web')
  if (condition === undefined) throw new Error('there is no condition web')
  mkdirSync(folder)
  const model = join(folder, 'model')
  plantTree(model, hostTree(condition, 'model', 0), null)
  const entries = readdirSync(model, { recursive: true, encoding: 'utf8' })
  for (const address of addresses) {
    const root = join(folder, address)
    mkdirSync(root)
    for (const entry of entries) {
      const from = join(model, entry)
      const to = join(root, entry)
      const stat = lstatSync(from)
      if (stat.isDirectory()) mkdirSync(to)
      else if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
      else if (/^(proc\/sys|sys\/module)\//.test(entry)) cpSync(from, to)
      else linkSync(from, to)
    }
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} addresses
 */
function inventoryText(folder, addresses) {
  const head = [
    'all:',
    '  vars:',
    '    ansible_user: root',
    `    ansible_ssh_private_key_file: ${folder}/id_ed25519`,
    `    ansible_ssh_common_args: -o UserKnownHostsFile=${folder}/known_hosts -o IdentitiesOnly=yes`,
    '  hosts:',
  ]
  const width = String(addresses.length).length
  const hosts = addresses.map(
    (address, index) => `    h${String(index + 1).padStart(width, '0')}: {ansible_host: ${address}}`,
  )
  return `${[...head, ...hosts].join('\n')}\n`
}

const servers = {
  /** @param {string} folder */
  openssh: (folder) => `exec /usr/sbin/sshd -D -e -f ${folder}/sshd_config`,
  /** @param {string} folder */
  dropbear: (folder) => {
    execFileSync('dropbearconvert', ['openssh', 'dropbear', `${folder}/host_key`, `${folder}/dropbear_key`], {
      stdio: 'ignore',
    })
    // Started for each connection, as by inetd: by itself it lets only five that have not logged in yet stand in line.
    const words = `-i -m -s -j -k -r ${folder}/dropbear_key -c ${folder}/enter`
    return `mkdir -m 700 ${homedir()}/.ssh && cp ${folder}/authorized_keys ${homedir()}/.ssh/ && exec systemd-socket-activate --accept --inetd -l 0.0.0.0:22 /usr/sbin/dropbear ${words}`
  },
}

/** @param {string} folder */
function sshdConfig(folder) {
  return `Port 22
ListenAddress 0.0.0.0
HostKey ${folder}/host_key
AuthorizedKeysFile ${folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
KexAlgorithms curve25519-sha256
MaxStartups 1000:30:2000
LogLevel INFO
PrintMotd no
PrintLastLog no
ForceCommand ${folder}/enter
`
}
