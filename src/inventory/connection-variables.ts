/** What a value may be: text, one of Ansible's words for yes and no, a number or what Ansible makes one of, a whole number within bounds, a word of a list. */
type VariableForm =
  | { readonly kind: 'text' | 'truth' | 'priority' }
  | { readonly kind: 'whole'; readonly from: number; readonly to: number }
  | { readonly kind: 'word'; readonly words: readonly string[]; readonly prefix: string }

/** A variable of an inventory that is read here, with what else means the same. */
export interface ConnectionVariable {
  readonly names: readonly [string, ...string[]]
  readonly form: VariableForm
  /** Markdown. */
  readonly meaning: string
  /** What counts where nobody sets it; Markdown. */
  readonly otherwise: string
}

const text: VariableForm = { kind: 'text' }
const truth: VariableForm = { kind: 'truth' }
const becomeMethods = ['sudo', 'su', 'doas']
const prefixOfBecome = '(?:ansible\\.builtin|community\\.general)\\.'

/** The variables of Ansible's that count here: the reference, the JSON Schema and the hints of `validate` are made of this. */
export const connectionVariables: readonly ConnectionVariable[] = [
  {
    names: ['ansible_host', 'ansible_ssh_host'],
    form: text,
    meaning: 'address or name to connect to',
    otherwise: "the inventory's name",
  },
  {
    names: ['ansible_port', 'ansible_ssh_port'],
    form: { kind: 'whole', from: 1, to: 65_535 },
    meaning: 'port',
    otherwise: '`Port` of ssh_config, else 22',
  },
  {
    names: ['ansible_user', 'ansible_ssh_user'],
    form: text,
    meaning: 'who logs in',
    otherwise: '`--user`, then `User` of ssh_config, then you',
  },
  {
    names: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
    form: text,
    meaning: 'password to log in with',
    otherwise: '`--ask-pass` and the like',
  },
  {
    names: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
    form: text,
    meaning: 'key file; `~`, `%h` and the like are filled in',
    otherwise: '`--private-key`, then `IdentityFile`, then `~/.ssh/id_rsa`, `id_ecdsa`, `id_ed25519`',
  },
  {
    names: ['ansible_timeout', 'ansible_ssh_timeout'],
    form: { kind: 'whole', from: 1, to: 86_400 },
    meaning: 'seconds for the TCP connection',
    otherwise: '`--timeout`, then `ConnectTimeout`, then 10',
  },
  {
    names: ['ansible_ssh_retries'],
    form: { kind: 'whole', from: 0, to: 100 },
    meaning: 'how often a host that does not answer before the login is tried again, within that time',
    otherwise: '`--retries`',
  },
  {
    names: ['ansible_host_key_checking', 'ansible_ssh_host_key_checking'],
    form: truth,
    meaning: '`false` means `StrictHostKeyChecking=no`',
    otherwise: '`ask`',
  },
  {
    names: ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'],
    form: text,
    meaning: 'options of `ssh`, see below',
    otherwise: '`--ssh-common-args` for the second',
  },
  {
    names: ['ansible_connection'],
    form: {
      kind: 'word',
      words: ['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'ssh2', 'openssh', 'local'],
      prefix: 'ansible\\.(?:builtin|legacy|netcommon|posix)\\.',
    },
    meaning:
      '`ssh` (also `smart`, `paramiko`): what `--connection` says, which is ssh2 as a rule. `ssh2`, `openssh`, `local`: see [transports](#transports). Others are refused',
    otherwise: '`ssh`',
  },
  {
    names: ['ansible_become'],
    form: truth,
    meaning: 'become another user, or not',
    otherwise: '`become` of the play, then `--become`',
  },
  {
    names: ['ansible_become_method'],
    form: { kind: 'word', words: becomeMethods, prefix: prefixOfBecome },
    meaning: '`sudo`, `su` or `doas`',
    otherwise: '`--become-method`',
  },
  {
    names: ['ansible_become_user', 'ansible_sudo_user'],
    form: text,
    meaning: 'whom',
    otherwise: '`--become-user`',
  },
  {
    names: ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'],
    form: text,
    meaning: 'the password that sudo, su or doas asks for',
    otherwise: '`--ask-become-pass` and the like',
  },
  {
    names: ['ansible_become_exe', 'ansible_sudo_exe'],
    form: text,
    meaning: 'the program, by name or path',
    otherwise: "the method's name",
  },
  {
    names: ['ansible_become_flags', 'ansible_sudo_flags'],
    form: text,
    meaning: 'its flags; whether it may ask (`-n`, `-S`) follows from the password',
    otherwise: '`-H` for sudo',
  },
  {
    names: ['ansible_group_priority'],
    form: { kind: 'priority' },
    meaning: 'of a group: among those of one depth, the higher one wins',
    otherwise: '1',
  },
]

/** With `ansible_su_…` and `ansible_doas_…`, which are to su and doas what `ansible_sudo_…` is to sudo. */
export function allNames({ names }: ConnectionVariable): readonly string[] {
  return names.flatMap((name) =>
    name.includes('_sudo_') ? becomeMethods.map((method) => name.replace('_sudo_', `_${method}_`)) : [name],
  )
}
