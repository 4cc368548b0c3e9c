import type { Status } from '../report/host-result.ts'

const notAsWished: readonly Status[] = ['failed', 'unreachable', 'unknown', 'skipped']

/** What may stand behind the `@` of a limit, and which hosts of a past run it means. */
export const recordedGroups = {
  failed: notAsWished,
  unreachable: ['unreachable'],
  changed: ['changed'],
  pending: ['pending'],
  unknown: ['unknown'],
  skipped: ['skipped'],
  ok: ['ok'],
} as const satisfies Record<string, readonly Status[]>

export type RecordedGroup = keyof typeof recordedGroups

/** `failed`, or `failed@RUN`. */
export function readRecordedGroup(
  word: string,
): { readonly group: RecordedGroup; readonly run: string | null } | null {
  const [name = '', run] = word.split('@', 2)
  return Object.hasOwn(recordedGroups, name) ? { group: name as RecordedGroup, run: run ?? null } : null
}
