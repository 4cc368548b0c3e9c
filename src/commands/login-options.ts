import { Option } from 'commander'
import { optionDefaults } from './option-defaults.ts'
import { count } from './option-values.ts'

/** How to get in to hosts, in Ansible's words where it has them. */
export function loginOptions(): readonly Option[] {
  return [
    new Option(
      '-c, --connection <transport>',
      "how to get to the hosts: the library ssh2, the system's ssh, or this machine's own shell; ssh means ssh2",
    )
      .choices(['ssh', 'ssh2', 'openssh', 'local'])
      .default(optionDefaults.connection),
    new Option('-u, --user <name>', 'log in as this user (default: yours)'),
    new Option(
      '--private-key, --key-file <file>',
      'log in with this key, else with the agent (default: ~/.ssh/id_rsa, id_ecdsa, id_ed25519)',
    ),
    new Option('-k, --ask-pass', 'ask for the password to log in with'),
    new Option(
      '--connection-password-file, --conn-pass-file <file>',
      'read that password from a file, or from what a program prints',
    ),
    new Option('--ask-key-passphrase', 'ask for the passphrase of encrypted key files'),
    new Option(
      '--key-passphrase-file <file>',
      'read that passphrase from a file, or from what a program prints',
    ),
    new Option(
      '-b, --become',
      'become another user on the hosts (a play and the inventory may say so as well)',
    ),
    new Option('--become-method <method>', 'how to become that user')
      .choices(['sudo', 'su', 'doas'])
      .default(optionDefaults.becomeMethod),
    new Option('--become-user <name>', 'whom to become').default(optionDefaults.becomeUser),
    new Option('-K, --ask-become-pass', 'ask for the password of sudo, su or doas'),
    new Option(
      '--become-password-file, --become-pass-file <file>',
      'read that password from a file, or from what a program prints',
    ),
    new Option(
      '--ssh-common-args <args>',
      "options in OpenSSH's words, e.g. '-J bastion -o StrictHostKeyChecking=accept-new'",
    ),
    new Option(
      '-T, --timeout <seconds>',
      'time for the TCP connection (default: ConnectTimeout of ssh_config, else 10)',
    ).argParser(count(1, 3600)),
    new Option(
      '--retries <n>',
      'how often a host that does not answer is tried again, within the time for the connection',
    )
      .argParser(count(0, 100))
      .default(optionDefaults.retries),
    new Option('--login-timeout <seconds>', 'time from the connection to a shell that answers')
      .argParser(count(1, 3600))
      .default(optionDefaults.loginTimeout),
    new Option('--command-timeout <seconds>', 'time for each of the two exchanges with a host')
      .argParser(count(1, 86_400))
      .default(optionDefaults.commandTimeout),
  ]
}
