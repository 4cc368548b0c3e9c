import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { looksLikeYaml } from '../inventory/load-inventory.ts'
import { fileKindOf } from '../inventory/run-inventory.ts'
import { readBytes } from '../yaml/read-text.ts'

/** What a file is for. */
export type FileRole = 'playbook' | 'inventory' | 'variables'

/** Enough to tell by: comments at the top may be long. */
const bytesRead = 262_144

/** Keys of plays that nobody calls a group: a play without its dash is still meant as one. */
const playKey = /^(?:(?:conntrack|sysctl|notrack|stateless_rules|drain|modules):|hosts:[^\S\n]+[^\s#])/m
const savedPlan = /^\{[\s\S]*"(?:kind|sha256)":/

/**
 * What the file at `path`, written as `shown`, is meant as, by its place and its first lines, so that one that is broken
 * is told of in the right words. What cannot be read counts as a playbook. Never throws.
 */
export async function roleOfFile(path: string, shown: string): Promise<FileRole> {
  const found = await stat(path).catch(() => null)
  if (found === null) return shown.includes(',') ? 'inventory' : 'playbook'
  if (/(?:^|\/)(?:group|host)_vars(?:\/|$)/.test(path)) return 'variables'
  if (found.isDirectory()) return 'inventory'
  const kind = await fileKindOf(path).catch(() => 'text' as const)
  if (kind !== 'text') return 'inventory'
  const bytes = await readBytes(path, bytesRead).catch(() => null)
  return bytes === null || bytes.includes(0) ? 'playbook' : roleOfText(new TextDecoder().decode(bytes), shown)
}

/** The playbooks of a folder that holds nothing else in YAML; none where it is no folder, or may be an inventory. Never throws. */
export async function playbooksIn(path: string, shown: string): Promise<readonly string[]> {
  const entries = await readdir(path).catch(() => [])
  const files = entries.filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
  const roles = await Promise.all(files.map((name) => roleOfFile(join(path, name), name)))
  return roles.every((role) => role === 'playbook') ? files.map((name) => join(shown, name)) : []
}

/** The same for the text of a file. */
export function roleOfText(text: string, shown: string): FileRole {
  if (text.startsWith('$ANSIBLE_VAULT;') || extname(shown) === '.toml') return 'inventory'
  const said = text
    .split(/\r\n|\n|\r/)
    .filter((line) => !/^\s*(?:[#;]|$)|^---\s*$|^%YAML/.test(line))
    .join('\n')
  if (!looksLikeYaml(text, extname(shown))) return /^-\s/.test(said) ? 'playbook' : 'inventory'
  // Nothing said: what is written first is a playbook.
  if (said === '' || /^\s*(?:-|\[)/.test(said)) return 'playbook'
  return playKey.test(said) || savedPlan.test(said) ? 'playbook' : 'inventory'
}
