// @ts-check
// The programs that are compared, each doing the same to all hosts of a rig.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Hosts
 * @property {string} folder for what the contenders write
 * @property {string} inventory path
 * @property {string} identityFile
 * @property {string} knownHosts path
 * @property {readonly {name: string, address: string, port: number}[]} hosts
 * @property {(command: readonly string[]) => readonly string[]} within the command as it runs among these hosts
 */
/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(round: number) => readonly string[]} command
 * @property {Record<string, string>} [env]
 */

const program = new URL('../../dist/cli.js', import.meta.url).pathname
const bare = new URL('bare-ssh2.mjs', import.meta.url).pathname
const read = 'cat /proc/sys/net/netfilter/nf_conntrack_max'
/** OpenSSH's own first choice costs its client 75 ms of CPU a handshake; all others here use this one. */
const keyExchange = 'KexAlgorithms=curve25519-sha256'

/** Two wishes, so that each round has everything to change. */
const wishes = [
  { max: 524288, buckets: 131072, established: 3600, udp: 20 },
  { max: 1048576, buckets: 262144, established: 7200, udp: 25 },
]

/**
 * @param {Hosts} rig
 * @param {number} forks
 * @returns {Record<'bare' | 'plan' | 'apply' | 'parallelSsh' | 'clush' | 'ansible' | 'mitogen', Contender>}
 */
export function contenders(rig, forks) {
  const files = wishes.map((wish, index) => ({
    ours: write(rig, `ours-${index}.yml`, ourPlaybook(wish)),
    ansible: write(rig, `ansible-${index}.yml`, ansiblePlaybook(wish)),
  }))
  const hosts = write(
    rig,
    'pssh-hosts',
    rig.hosts.map(({ address, port }) => `${address}:${port}\n`).join(''),
  )
  const state = join(rig.folder, 'bench-state')
  const common = ['-i', rig.inventory, '-f', String(forks), '--state-dir', state, '--quiet']
  /** @param {number} round */
  const of = (round) => /** @type {{ours: string, ansible: string}} */ (files[round % 2])
  return {
    bare: {
      name: 'bare ssh2, one cat',
      command: () => [process.execPath, bare, rig.inventory, String(forks), read],
    },
    plan: {
      name: 'conntrackctl plan, nothing to do',
      command: (round) => [process.execPath, program, 'plan', of(round).ours, ...common],
    },
    apply: {
      name: 'conntrackctl apply, all to change',
      command: (round) => [process.execPath, program, 'apply', of(round).ours, ...common],
    },
    parallelSsh: {
      name: 'parallel-ssh, one cat',
      command: () => [
        'parallel-ssh',
        ...[
          '-h',
          hosts,
          '-l',
          'root',
          '-p',
          String(forks),
          '-t',
          '60',
          '-x',
          `-F none -i ${rig.identityFile}`,
        ],
        ...['-O', keyExchange, '-O', `UserKnownHostsFile=${rig.knownHosts}`, read],
      ],
    },
    clush: {
      name: 'clush, one cat',
      command: () => [
        'clush',
        ...['-w', rig.hosts.map(({ address }) => address).join(','), '-l', 'root', '-f', String(forks)],
        ...[
          '-o',
          `-F none -i ${rig.identityFile} -o BatchMode=yes -o IdentitiesOnly=yes -o ${keyExchange} -o UserKnownHostsFile=${rig.knownHosts}`,
          read,
        ],
      ],
    },
    ansible: {
      name: 'ansible-playbook, all to change',
      command: (round) => ['ansible-playbook', '-i', rig.inventory, '-f', String(forks), of(round).ansible],
      env: ansibleSettings,
    },
    mitogen: {
      name: 'ansible-playbook with Mitogen',
      command: (round) => ['ansible-playbook', '-i', rig.inventory, '-f', String(forks), of(round).ansible],
      env: {
        ...ansibleSettings,
        ANSIBLE_STRATEGY_PLUGINS: '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy',
        ANSIBLE_STRATEGY: 'mitogen_linear',
      },
    },
  }
}

const ansibleSettings = {
  ANSIBLE_PIPELINING: 'True',
  ANSIBLE_SSH_ARGS: `-F none -o ControlMaster=auto -o ControlPersist=60s -o ${keyExchange}`,
  ANSIBLE_HOST_KEY_CHECKING: 'True',
  ANSIBLE_DEPRECATION_WARNINGS: 'False',
}

/**
 * @param {Hosts} rig
 * @param {string} name
 * @param {string} text
 */
function write(rig, name, text) {
  const path = join(rig.folder, name)
  writeFileSync(path, text)
  return path
}

/** @param {(typeof wishes)[number]} wish */
function ourPlaybook({ max, buckets, established, udp }) {
  return `- hosts: all
  conntrack:
    max: ${max}
    hashsize: ${buckets}
    timeouts: {tcp_established: ${established}, udp: ${udp}}
`
}

/**
 * The same with Ansible's own modules, without fact gathering. The hosts' conntrack is built in.
 * @param {(typeof wishes)[number]} wish
 */
function ansiblePlaybook({ max, buckets, established, udp }) {
  return `- hosts: all
  gather_facts: false
  vars: {ansible_python_interpreter: /usr/bin/python3}
  tasks:
    - ansible.posix.sysctl: {name: "{{ item.name }}", value: "{{ item.value }}", sysctl_file: /etc/sysctl.d/zz-ansible.conf}
      loop:
        - {name: net.netfilter.nf_conntrack_buckets, value: "${buckets}"}
        - {name: net.netfilter.nf_conntrack_max, value: "${max}"}
        - {name: net.netfilter.nf_conntrack_tcp_timeout_established, value: "${established}"}
        - {name: net.netfilter.nf_conntrack_udp_timeout, value: "${udp}"}
`
}
