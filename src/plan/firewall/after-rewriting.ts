import type { FileState, HostFacts } from '../../host/facts.ts'
import type { Change } from '../change.ts'
import {
  dialectOf,
  listingOf,
  rewritingProgram,
  rewritingsIn,
  withListing,
  withRewritings,
} from './rewritten-rules.ts'

/** The host as it will be once these changes are made: what else is done to its rules stands on that. */
export function afterRewriting(facts: HostFacts, changes: readonly Change[]): HostFacts {
  return changes.reduce(afterChange, facts)
}

function afterChange(facts: HostFacts, change: Change): HostFacts {
  const { kind, path, after } = change
  const { firewall } = facts
  if (kind === 'file') {
    const file = facts.files.get(path)
    if (file?.state !== 'present' || after === null) return facts
    const files = new Map<string, FileState>(facts.files)
    return { ...facts, files: files.set(path, { ...file, text: after }) }
  }
  const program = rewritingProgram(path)
  const listing = program === null || firewall === null ? null : listingOf(program, firewall)
  if (program === null || firewall === null || listing === null) return facts
  const text = withRewritings(dialectOf(program), listing, rewritingsIn(program, change))
  return { ...facts, firewall: withListing(program, firewall, text) }
}

/** Changes of the same file as one: the text that the first found, and the one that the last leaves. */
export function foldFiles(changes: readonly Change[]): readonly Change[] {
  return changes.flatMap((change, index) => {
    if (change.kind !== 'file') return [change]
    const same = ({ kind, path }: Change): boolean => kind === 'file' && path === change.path
    const first = changes.find(same) ?? change
    return changes.slice(index + 1).some(same) ? [] : [{ ...change, before: first.before }]
  })
}
