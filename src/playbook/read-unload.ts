import { showValue } from '../show-value.ts'
import { misread, read, readItems, type Reading } from './reading.ts'

/** Names of modules of connection tracking and NAT, and of what looks at them in rules. */
export const modulePattern =
  /^(?:(?:nf|ip|xt|nft|ipt|ip6t)_[A-Za-z0-9_]{2,40}|ip6?table_nat|nfnetlink_ct[a-z]{2,20})$/

/** `modules.unload`: a list of names. */
export function readUnload(value: unknown): Reading<readonly string[]> {
  if (!Array.isArray(value) || value.length === 0)
    return misread(`expected a list of modules, got ${showValue(value)}`, 'write unload: [nf_conntrack_ftp]')
  const names = readItems(value as unknown[], readModuleName)
  return names.ok ? read([...new Set(names.value)]) : names
}

function readModuleName(value: unknown): Reading<string> {
  if (typeof value === 'string' && modulePattern.test(value)) return read(value)
  return misread(
    `${showValue(value)} is no module of connection tracking`,
    'write names such as nf_conntrack_ftp, nf_nat or nf_conntrack',
  )
}
