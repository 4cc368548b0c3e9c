import { nearest } from '../nearest.ts'
import { allNames, connectionVariables } from './connection-variables.ts'
import type { SourcePlace } from './statement.ts'

/** What may be meant otherwise, though it is not wrong: Ansible takes any variable. */
export interface Hint extends SourcePlace {
  readonly what: string
}

const read: ReadonlySet<string> = new Set(connectionVariables.flatMap(allNames))

/** Ansible's own that do nothing here, and would be taken for slips of ours or for inventions. */
const ofAnsibleAlone: ReadonlySet<string> = new Set(
  `ansible_scp_executable ansible_scp_extra_args ansible_scp_if_ssh ansible_sftp_extra_args ansible_ssh_executable
  ansible_ssh_pipelining ansible_ssh_pkcs11_provider ansible_ssh_transfer_method ansible_ssh_use_tty
  ansible_su_prompt_l10n ansible_become_plugin`.split(/\s+/),
)

/** Two slips in a name of a dozen letters and more: what is further away is a name of its own. */
const mostSlips = 2

/** Families whose members all speak of how to get in; keys of a host are facts that are found out. */
const family = /^ansible_(?:ssh(?!_host_key_(?!checking))|become|sudo|su|doas)_/

/** What is odd about the name of a variable, or null: a connection variable that nothing reads. */
function hintAbout(name: string): string | null {
  if (read.has(name) || ofAnsibleAlone.has(name) || name.length < 10) return null
  const meant = nearest(name, read, mostSlips)
  if (meant !== undefined) return `${name} is not read; did you mean ${meant}?`
  return family.test(name) ? `${name} is no connection variable that is read` : null
}

/** Collects hints about the variables of an inventory, one for each place. */
export class VariableHints {
  readonly #found = new Map<string, Hint>()

  /** Told of a variable; of one that a range of hosts shares, several times. */
  readonly hear = (name: string, at: SourcePlace): void => {
    const what = hintAbout(name)
    if (what !== null) this.#found.set([at.file, at.line, at.column, name].join(':'), { ...at, what })
  }

  /** By file, in the order in which these were read, then by line. */
  all(): readonly Hint[] {
    const files = [...new Set([...this.#found.values()].map(({ file }) => file))]
    return [...this.#found.values()].sort(
      (one, other) =>
        files.indexOf(one.file) - files.indexOf(other.file) ||
        (one.line ?? 0) - (other.line ?? 0) ||
        (one.column ?? 0) - (other.column ?? 0),
    )
  }
}
