import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { knownHostsName } from '../ssh/known-hosts.ts'
import { quote } from '../ssh/quote.ts'
import type { KeyPair } from './keys.ts'
import type { LabHost } from './lab-host.ts'

/** The files with which a client finds its way to the hosts, by absolute path. */
export interface LabFiles {
  readonly inventoryFile: string
  readonly knownHostsFile: string
  readonly identityFile: string
  /** For OpenSSH's own client: `ssh -F ssh_config web01`. */
  readonly sshConfigFile: string
}

/** Writes inventory, known_hosts, client key and ssh_config into `folder`; all hosts are known by `hostKey`. */
export function writeLabFiles(
  folder: string,
  hosts: readonly LabHost[],
  identity: KeyPair,
  hostKey: KeyPair,
): LabFiles {
  mkdirSync(folder, { recursive: true })
  const files = {
    inventoryFile: join(folder, 'lab.yml'),
    knownHostsFile: join(folder, 'known_hosts'),
    identityFile: join(folder, 'id_ed25519'),
    sshConfigFile: join(folder, 'ssh_config'),
  }
  writeFileSync(files.identityFile, identity.privateText, { mode: 0o600 })
  writeFileSync(`${files.identityFile}.pub`, `${identity.publicText}\n`)
  const known = hosts.map(({ address, port }) => `${knownHostsName(address, port)} ${hostKey.publicText}\n`)
  writeFileSync(files.knownHostsFile, known.join(''))
  writeFileSync(files.inventoryFile, inventoryText(hosts, files))
  writeFileSync(files.sshConfigFile, sshConfigText(hosts, files))
  return files
}

/** As Ansible reads it; JSON's strings are YAML's too. */
function inventoryText(
  hosts: readonly LabHost[],
  { knownHostsFile, identityFile }: Pick<LabFiles, 'knownHostsFile' | 'identityFile'>,
): string {
  const sshArguments = `-o ${quote(`UserKnownHostsFile=${knownHostsFile}`)} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes`
  const groups = [...new Set(hosts.map(({ condition }) => condition.group))]
  return [
    '# The embedded hosts of `conntrackctl lab`. Written at every start, as ports change.',
    'all:',
    '  vars:',
    '    ansible_user: root',
    `    ansible_ssh_private_key_file: ${JSON.stringify(identityFile)}`,
    `    ansible_ssh_common_args: ${JSON.stringify(sshArguments)}`,
    '  children:',
    ...groups.flatMap((group) => [
      `    ${group}:`,
      '      hosts:',
      ...hosts
        .filter(({ condition }) => condition.group === group)
        .flatMap(({ name, address, port, summary }) => [
          `        # ${summary}`,
          `        ${name}: {ansible_host: ${address}, ansible_port: ${port}}`,
        ]),
    ]),
    '',
  ].join('\n')
}

function sshConfigText(
  hosts: readonly LabHost[],
  { knownHostsFile, identityFile }: Pick<LabFiles, 'knownHostsFile' | 'identityFile'>,
): string {
  return [
    ...hosts.flatMap(({ name, address, port }) => [
      `Host ${name}`,
      `  HostName ${address}`,
      `  Port ${port}`,
    ]),
    'Host *',
    '  User root',
    `  IdentityFile "${identityFile}"`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile "${knownHostsFile}"`,
    '  StrictHostKeyChecking yes',
    '',
  ].join('\n')
}
