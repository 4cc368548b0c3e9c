import { askOnTerminal } from '../secrets/ask-on-terminal.ts'
import { openVault, type VaultOptions } from '../secrets/open-vault.ts'
import type { Vault } from '../secrets/vault.ts'
import type { Context } from './context.ts'

/** The passwords of `ansible-vault` that the options name; nobody is asked under cron. Throws InputError. */
export async function vaultOf(
  options: Partial<VaultOptions> & { readonly cron?: boolean },
  {
    cwd,
    home,
    env,
    stderr,
  }: Pick<Context, 'cwd' | 'home' | 'env'> & { readonly stderr: Pick<Context['stderr'], 'write'> },
): Promise<Vault> {
  const { vaultId = [], vaultPasswordFile = [], askVaultPass = false, cron = false } = options
  return openVault(
    { vaultId, vaultPasswordFile, askVaultPass },
    {
      cwd,
      home,
      env,
      ask: async (question) => (cron ? null : askOnTerminal(question)),
      warn: (text) => stderr.write(`conntrackctl: ${text}\n`),
    },
  )
}
