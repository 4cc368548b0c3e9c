import type { Change, ChangeState } from './change.ts'

/**
 * The changes that put back what a run found, the last one first. Those of a host that was never heard of again
 * (`planned`, where `mayBeDone`) are among them: whether they were made shows when the host is read. A module
 * that was loaded stays so, and so does what only came with it: unloading would cut connections of others.
 */
export function undo(
  changes: readonly (Change & { readonly state: ChangeState })[],
  mayBeDone: boolean,
  run: string,
): readonly Change[] {
  return changes
    .filter(
      ({ kind, state, before }) =>
        (state !== 'planned' || mayBeDone) &&
        !(kind === 'module' && before === null) &&
        // Entries that were deleted come again with their next packet, or were not missed.
        kind !== 'drain' &&
        !(kind === 'live' && before === null),
    )
    .toReversed()
    .map(({ kind, key, path, before, after, attributes }) => ({
      kind,
      key,
      path,
      before: after,
      after: before,
      ...(attributes === undefined ? {} : { attributes }),
      reason: `as run ${run} found it`,
    }))
}
