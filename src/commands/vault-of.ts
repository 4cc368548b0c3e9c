import { openVault, type VaultOptions } from '../secrets/open-vault.ts'
import type { Vault } from '../secrets/vault.ts'
import type { RunContext } from './context.ts'
import { terminalAsk } from './terminal.ts'

/**
 * The passwords of `ansible-vault` that the options name; nobody is asked under cron. Throws InputError, and UsageError
 * where there is nobody to ask.
 */
export async function vaultOf(
  options: Partial<VaultOptions> & { readonly cron?: boolean },
  context: Pick<RunContext, 'cwd' | 'home' | 'env' | 'stderr' | 'stopping'>,
): Promise<Vault> {
  const { vaultId = [], vaultPasswordFile = [], askVaultPass = false } = options
  const { cwd, home, env, stderr, stopping } = context
  const ask = terminalAsk(context, options)
  return openVault(
    { vaultId, vaultPasswordFile, askVaultPass },
    {
      cwd,
      home,
      env,
      ask: ask === null ? null : (text) => ask({ host: '', text, isShown: false }, stopping),
      warn: (text) => stderr.write(`conntrackctl: ${text}\n`),
    },
  )
}
