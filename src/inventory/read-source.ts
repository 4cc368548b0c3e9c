import type { Problem } from '../problem.ts'
import { isVaultText, type Vault } from '../secrets/vault.ts'
import { decodeText, type FileText, readText } from '../yaml/read-text.ts'
import { inventoryLimit } from './inventory-limit.ts'

export type ReadSource =
  | { readonly ok: true; readonly file: FileText; readonly isSecret: boolean }
  | { readonly ok: false; readonly problem: Problem }

/** Reads a file of the inventory, opened where it is encrypted whole; problems call it `shown`. Never throws. */
export async function readSource(path: string, shown: string, vault: Vault): Promise<ReadSource> {
  const read = await readText(path, shown, inventoryLimit)
  if (!read.ok) return read
  if (!isVaultText(read.file.text)) return { ...read, isSecret: false }
  const opened = vault.open(read.file.text)
  if (!opened.ok) {
    const { what, remedy } = opened
    return { ok: false, problem: { file: shown, line: 1, column: 1, what: `the file ${what}`, remedy } }
  }
  const decoded = decodeText(opened.bytes, shown)
  return decoded.ok ? { ...decoded, isSecret: true } : decoded
}
