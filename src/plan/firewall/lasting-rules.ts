import type { HostFacts } from '../../host/facts.ts'
import type { FirewallKind } from '../../kernel/firewall/firewall.ts'
import { renderNftFile, withInclude } from '../../kernel/firewall/nft-file.ts'
import type { PlacedRule } from '../../kernel/firewall/our-rules.ts'
import {
  nftFiles,
  ourNftFile,
  type SavedFile,
  savedFiles,
  ufwFiles,
} from '../../kernel/firewall/ruleset-files.ts'
import { withSavedRules } from '../../kernel/firewall/saved-rules.ts'
import type { Change } from '../change.ts'
import type { RuleOutcome } from '../rule.ts'
import type { RuleProgram } from './rule-programs.ts'

/** Has the files from which a host loads its rules at boot hold just these of ours; says where nothing loads any. */
export function lastingRules(
  kind: FirewallKind,
  { path, families }: RuleProgram,
  placed: readonly PlacedRule[],
  facts: HostFacts,
): RuleOutcome {
  if (path === 'nft') return nftOutcome(placed, facts)
  const files = (kind === 'ufw' ? ufwFiles : savedFiles).filter(({ family }) => families.includes(family))
  const file = fileInUse(files, facts)
  if (file === null) return placed.length === 0 ? {} : notKept(kind, facts)
  const before = textOf(facts, file.path)
  return fileChange(file.path, before, withSavedRules(before, placed))
}

function nftOutcome(placed: readonly PlacedRule[], facts: HostFacts): RuleOutcome {
  const main = nftFiles.find((path) => facts.files.get(path)?.state === 'present')
  const isLoaded = facts.boot.services === null || facts.boot.services.includes('nftables')
  if (main === undefined || !isLoaded) {
    if (placed.length > 0) return notKept('nft', facts)
    return fileChange(ourNftFile, textOf(facts, ourNftFile), null)
  }
  const text = textOf(facts, main) ?? ''
  return {
    changes: [
      ...(fileChange(ourNftFile, textOf(facts, ourNftFile), renderNftFile(placed)).changes ?? []),
      ...(fileChange(main, text, withInclude(text, placed.length > 0)).changes ?? []),
    ],
  }
}

/** The file that is there and that a service loads; the one for IPv6 may have to be made beside that for IPv4. */
function fileInUse(files: readonly SavedFile[], facts: HostFacts): SavedFile | null {
  const isLoaded = ({ services }: SavedFile): boolean =>
    facts.boot.services === null || services.some((name) => facts.boot.services?.includes(name) === true)
  const present = files.filter((file) => facts.files.get(file.path)?.state === 'present' && isLoaded(file))
  const creatable = files.filter((file) => {
    const state = facts.files.get(file.path)
    return (
      state?.state === 'missing' && state.folder === 'writable' && isLoaded(file) && file.family === 'ip6'
    )
  })
  return present[0] ?? creatable[0] ?? null
}

function fileChange(path: string, before: string | null, after: string | null): RuleOutcome {
  if (before === after) return {}
  const change: Change = {
    kind: 'file',
    key: path,
    path,
    before,
    after,
    reason: after === null ? 'nothing of ours is left in it' : 'has the same rules at boot',
  }
  return { changes: [change] }
}

function textOf({ files }: HostFacts, path: string): string | null {
  const file = files.get(path)
  return file?.state === 'present' ? file.text : null
}

function notKept(kind: FirewallKind, { os }: HostFacts): RuleOutcome {
  const service =
    kind === 'nft'
      ? 'nftables.service with its /etc/nftables.conf'
      : os.id === 'debian' || os.id === 'ubuntu'
        ? 'the package iptables-persistent'
        : 'the iptables service with its saved rules'
  return {
    verdict: 'unsupported',
    findings: [
      {
        code: 'rules-not-kept',
        severity: 'error',
        message:
          'nothing on this host loads rules at boot from a file that is known here, so ours would be lost',
        hint: `Set up ${service}, or set \`persist: false\` and run the playbook after each boot.`,
      },
    ],
  }
}
