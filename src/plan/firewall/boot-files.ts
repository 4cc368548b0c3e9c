import type { HostFacts } from '../../host/facts.ts'
import type { FirewallKind } from '../../kernel/firewall/firewall.ts'
import { nftFiles, type SavedFile, savedFiles, ufwFiles } from '../../kernel/firewall/ruleset-files.ts'
import type { IpFamily } from '../../kernel/firewall/ruleset.ts'
import type { RuleOutcome } from '../rule.ts'

/** The main file of nftables, where there is one and a service loads it. */
export function nftFileOf({ files, boot }: HostFacts): string | null {
  if (boot.services !== null && !boot.services.includes('nftables')) return null
  return nftFiles.find((path) => files.get(path)?.state === 'present') ?? null
}

/** The file of saved rules of these families that a service loads. */
export function savedFileOf(
  kind: FirewallKind,
  families: readonly IpFamily[],
  facts: HostFacts,
): string | null {
  const files = (kind === 'ufw' ? ufwFiles : savedFiles).filter(({ family }) => families.includes(family))
  return fileInUse(files, facts)?.path ?? null
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

/** What stands in a file; null for none. */
export function textOf({ files }: HostFacts, path: string): string | null {
  const file = files.get(path)
  return file?.state === 'present' ? file.text : null
}

/** Nothing loads rules at boot. */
export function notKept(kind: FirewallKind, { os }: HostFacts): RuleOutcome {
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
