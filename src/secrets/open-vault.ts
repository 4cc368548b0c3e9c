import { InputError, type Problem } from '../problem.ts'
import { Secret } from '../ssh/secret.ts'
import { nobodyToAsk } from './nobody-to-ask.ts'
import { type PasswordFilePlace, readPasswordFile } from './read-password-file.ts'
import { isVaultText, Vault, type VaultPassword } from './vault.ts'

/** Where the passwords of `ansible-vault` come from, as the command line says it. */
export interface VaultOptions {
  /** `label@file`, `label@prompt` or a file. */
  readonly vaultId: readonly string[]
  readonly vaultPasswordFile: readonly string[]
  readonly askVaultPass?: boolean
}

/** What reading them takes. */
export interface VaultPlace extends PasswordFilePlace {
  /** Asks a person; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | null
  readonly warn: (text: string) => void
}

/** The label of passwords that have none. */
const unlabelled = 'default'

interface Source {
  readonly label: string
  /** Null for a question. */
  readonly file: string | null
  readonly option: string
}

/**
 * Reads the passwords, those of `--vault-id` before those of `--vault-password-file`, as Ansible tries them. Throws
 * UsageError where nobody can be asked, InputError with all that cannot be read.
 */
export async function openVault(options: VaultOptions, place: VaultPlace): Promise<Vault> {
  const passwords: VaultPassword[] = []
  const problems: Problem[] = []
  for (const source of sourcesOf(options)) {
    const secret =
      source.file === null ? await asked(source, place) : await read(source.file, source.label, place)
    if (secret instanceof Secret) passwords.push({ label: source.label, secret })
    else problems.push(secret)
  }
  if (problems.length > 0) throw new InputError(problems)
  return new Vault(passwords)
}

function sourcesOf({ vaultId, vaultPasswordFile, askVaultPass }: VaultOptions): readonly Source[] {
  const labelled = vaultId.map((text): Source => {
    const at = text.indexOf('@')
    const label = at > 0 ? text.slice(0, at) : unlabelled
    const file = at === -1 ? text : text.slice(at + 1)
    return { label, file: file === 'prompt' ? null : file, option: '--vault-id' }
  })
  const files = vaultPasswordFile.map((file): Source => ({
    label: unlabelled,
    file,
    option: '--vault-password-file',
  }))
  const question: Source = { label: unlabelled, file: null, option: '--ask-vault-pass' }
  return [...labelled, ...files, ...(askVaultPass === true ? [question] : [])]
}

async function read(file: string, label: string, place: VaultPlace): Promise<Secret | Problem> {
  const vaultId = label === unlabelled ? {} : { vaultId: label }
  const answer = await readPasswordFile({ path: file, takes: 'text', ...vaultId }, place)
  if (!answer.ok) return answer.problem
  if (answer.warning !== null) place.warn(answer.warning)
  if (!isVaultText(answer.secret.reveal())) return answer.secret
  return {
    file,
    what: 'this is encrypted with ansible-vault itself, not the password for it',
    remedy: 'name the file that holds the password',
  }
}

async function asked({ label, option }: Source, { ask }: VaultPlace): Promise<Secret | Problem> {
  if (ask === null)
    throw nobodyToAsk(
      label === unlabelled ? option : `${option} ${label}@prompt`,
      label === unlabelled ? '--vault-password-file' : `--vault-id ${label}@FILE`,
    )
  const typed = await ask(label === unlabelled ? 'Vault password:' : `Vault password (${label}):`)
  if (typed !== '') return new Secret(typed)
  return { file: option, what: 'an empty password was typed', remedy: 'try again' }
}
