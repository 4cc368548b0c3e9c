import { backupOf } from '../../kernel/backup.ts'
import type { Change } from '../change.ts'
import { overridesOf } from '../overrides.ts'
import type { Rule } from '../rule.ts'

/** With `conflicts: override`: takes lines of others out of use, and keeps their files as they were beside them. */
export const overrideConflicts: Rule = (wish, facts) => {
  const { edits, refused } = overridesOf(wish, facts)
  const changes = [...edits].flatMap(([path, { before, after, what }]): readonly Change[] => {
    const backup = backupOf(path)
    const isKept = (facts.files.get(backup)?.state ?? 'missing') !== 'missing'
    return [
      // The first copy is the one of before us.
      ...(isKept
        ? []
        : [
            {
              kind: 'file',
              key: backup,
              path: backup,
              before: null,
              after: before,
              reason: 'keeps the file as it was',
            } as const,
          ]),
      { kind: 'file', key: path, path, before, after, reason: `comments out ${what.join(', ')}` },
    ]
  })
  return { changes, findings: refused }
}
