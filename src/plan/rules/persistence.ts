import type { FileState, HostFacts } from '../../host/facts.ts'
import { renderModprobeDropIn, renderModulesLoadDropIn, renderSysctlDropIn } from '../../kernel/drop-in.ts'
import { ourFiles } from '../../kernel/our-files.ts'
import type { SizedWish } from '../size-wish.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { isConntrackKey } from '../targets.ts'
import { settingsAtBoot } from '../settings-at-boot.ts'

/**
 * What must be in our own files for the wish to hold after a reboot: the values, the hashsize for the
 * module, and the module itself, since systemd-sysctl skips keys that are not there yet.
 */
export const persistence: Rule = (wish, facts) => {
  if (!wish.persist) return {}
  return mergeOutcomes(
    wishedFiles(wish, facts).map(({ path, text, reason }) =>
      fileOutcome(
        path,
        facts.files.get(path) ?? { state: 'missing', folder: 'missing' },
        text,
        reason,
        facts,
      ),
    ),
  )
}

interface WishedFile {
  readonly path: string
  readonly text: string
  readonly reason: string
}

function wishedFiles(wish: SizedWish, facts: HostFacts): readonly WishedFile[] {
  const settings = settingsAtBoot(wish, facts)
  const files: WishedFile[] = []
  if (settings.size > 0)
    files.push({
      path: ourFiles.sysctl,
      text: renderSysctlDropIn(textOf(facts, ourFiles.sysctl), settings),
      reason: 'sets the values at boot',
    })
  // A built-in conntrack takes no module options and is always there in time.
  if (facts.module === 'builtin') return files
  const { buckets } = wish
  const module = facts.family === 'ip' ? 'ip_conntrack' : 'nf_conntrack'
  if (buckets !== undefined)
    files.push({
      path: ourFiles.modprobe,
      text: renderModprobeDropIn(module, buckets),
      reason: 'gives the module its hashsize when it is loaded',
    })
  if (buckets !== undefined || [...settings.keys()].some(isConntrackKey))
    files.push({
      path: ourFiles.modulesLoad,
      text: renderModulesLoadDropIn([module, ...protocolModules(facts)]),
      reason: 'loads the module before the values are set',
    })
  return files
}

/** Up to 4.18, the timeouts of TCP and UDP come with these and not with nf_conntrack itself. */
function protocolModules({ conntrackModules }: HostFacts): readonly string[] {
  return conntrackModules.filter((name) => name === 'nf_conntrack_ipv4' || name === 'nf_conntrack_ipv6')
}

function textOf({ files }: HostFacts, path: string): string | null {
  const file = files.get(path)
  return file?.state === 'present' ? file.text : null
}

function fileOutcome(
  path: string,
  file: FileState,
  text: string,
  reason: string,
  facts: HostFacts,
): RuleOutcome {
  if (file.state === 'present' && file.text === text) return {}
  const trouble = whyNotOurs(path, file, facts)
  if (trouble) return trouble
  const before = file.state === 'present' ? file.text : null
  return { changes: [{ kind: 'file', key: path, path, before, after: text, reason }] }
}

function whyNotOurs(path: string, file: FileState, facts: HostFacts): RuleOutcome | null {
  if (file.state === 'strange') {
    const what = { link: 'a symbolic link', not_a_file: 'not a regular file', unreadable: 'not readable' }[
      file.why
    ]
    return {
      verdict: 'unsupported',
      findings: [
        {
          code: 'file-not-ours',
          severity: 'error',
          message: `${path} is ${what}`,
          hint: 'conntrackctl writes only its own regular files: remove this one, or set `persist: false`.',
        },
      ],
    }
  }
  if (file.folder !== 'read_only') return null
  const isRoot = facts.uid === 0
  return {
    verdict: isRoot ? 'unsupported' : 'needs_root',
    findings: [
      {
        code: isRoot ? 'folder-read-only' : 'needs-root',
        severity: 'error',
        message: `${path} cannot be written${isRoot ? ': its folder is read-only' : ` as user ${facts.uid}`}`,
        hint: isRoot
          ? 'Set the values the way this system is configured, or use `persist: false`.'
          : 'Set `become: true` in the play, or log in as root.',
      },
    ],
  }
}
