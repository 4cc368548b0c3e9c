import type { FileState, HostFacts } from '../../host/facts.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import { losesFiles } from './lasting-files.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { wishedFiles } from '../wished-files.ts'

/**
 * What must be in our own files for the wish to hold after a reboot: the values, the hashsize for the
 * module, and the module itself, since systemd-sysctl skips keys that are not there yet.
 */
export const persistence: Rule = (wish, facts) => {
  // What that platform has instead is told by the rule for it.
  if (!wish.persist || losesFiles(facts)) return {}
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

function fileOutcome(
  path: string,
  file: FileState,
  text: string | null,
  reason: string,
  facts: HostFacts,
): RuleOutcome {
  if (file.state === 'present' ? file.text === text : file.state === 'missing' && text === null) return {}
  const trouble = whyNotOurs(path, file, facts)
  if (trouble) return trouble
  const before = file.state === 'present' ? file.text : null
  return { changes: [{ kind: 'file', key: path, path, before, after: text, reason }] }
}

function whyNotOurs(path: string, file: FileState, facts: HostFacts): RuleOutcome | null {
  if (file.state === 'strange') {
    const what = {
      link: 'a symbolic link',
      not_a_file: 'not a regular file',
      unreadable: 'not readable',
      too_long: 'longer than anything we write',
      not_text: 'not text',
    }[file.why]
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
