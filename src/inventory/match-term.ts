import { parseAddress } from './address.ts'
import { compileGlob } from './glob.ts'
import type { Host, Inventory } from './inventory.ts'
import { groupMembers } from './members.ts'
import type { Term } from './patterns.ts'
import { compileRegex } from './regex.ts'

/** The hosts that one term names, in Ansible's order and perhaps twice, or why it names none. */
export type Match =
  | { readonly ok: true; readonly hosts: readonly Host[] }
  | { readonly ok: false; readonly unknown: string }
  | { readonly ok: false; readonly what: string; readonly remedy: string }

const subscriptPattern = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/

/** Finds what `term` names in the inventory, its effect aside. */
export function matchTerm(inventory: Inventory, { effect, text }: Term): Match {
  // As in Ansible: a host is preferred to a group of the same name, but not behind & or !.
  const plain = effect === 'add' ? inventory.hosts.get(text) : undefined
  if (plain !== undefined) return { ok: true, hosts: [plain] }
  if (text === '')
    return { ok: false, what: 'a ! or & is followed by nothing', remedy: 'add a name behind it' }
  const subscript = text.startsWith('~') ? null : subscriptPattern.exec(text)
  const name = subscript?.[1] ?? text
  const match = /^~|[?*[]/.test(name) ? matchMany(inventory, name) : matchName(inventory, name)
  return match.ok && subscript !== null && match.hosts.length > 0 ? slice(match.hosts, subscript) : match
}

function matchName(inventory: Inventory, name: string): Match {
  const isGroup = inventory.groups.has(name)
  const hosts = isGroup ? [...groupMembers(inventory, name)] : []
  // A dot makes Ansible look at the hosts as well, as if it were a glob.
  const host = !isGroup || name.includes('.') ? inventory.hosts.get(name) : undefined
  if (host !== undefined) hosts.push(host)
  if (isGroup || host !== undefined) return { ok: true, hosts }
  const address = parseAddress(name)
  if (address !== null && address.port !== null && inventory.hosts.has(address.host))
    return { ok: false, what: `the pattern ${name} has a port`, remedy: `write ${address.host}` }
  return { ok: false, unknown: name }
}

function matchMany(inventory: Inventory, name: string): Match {
  const matches = name.startsWith('~') ? compileRegex(name.slice(1)) : compileGlob(name)
  if (matches === null)
    return {
      ok: false,
      what: `${name.slice(1)} is not a regular expression`,
      remedy: 'correct it; a pattern that holds a colon must also hold a comma, else it is split there',
    }
  const groups = [...inventory.groups.keys()].filter(matches)
  const hosts = groups.flatMap((group) => [...groupMembers(inventory, group)])
  for (const host of inventory.hosts.values()) if (matches(host.name)) hosts.push(host)
  return groups.length > 0 || hosts.length > 0 ? { ok: true, hosts } : { ok: false, unknown: name }
}

/** `[i]`, `[from:to]` with both ends included, `[from:]`. An end of 0 means the start alone, as in Ansible. */
function slice(hosts: readonly Host[], [whole, name, index, start, end]: RegExpExecArray): Match {
  if (index === undefined && (end === '' || Number(end) !== 0))
    return { ok: true, hosts: hosts.slice(Number(start), end === '' ? undefined : Number(end) + 1) }
  const host = hosts.at(Number(index ?? start))
  if (host !== undefined) return { ok: true, hosts: [host] }
  return {
    ok: false,
    what: `${whole} is out of range: ${name} has ${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}`,
    remedy: `count from 0 to ${hosts.length - 1}`,
  }
}
