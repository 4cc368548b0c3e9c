import { type Reading, tablePlaces } from '../host/reading.ts'
import type { Change } from '../plan/change.ts'
import { type Moved, planRecorded } from '../plan/recorded-changes.ts'
import type { Remedy } from './remedy.ts'

/** Makes changes exactly as they were recorded: those of a saved plan, or those that undo a run. `dangers`: why they may cut us off. */
export function recordedRemedy(
  changes: readonly Change[],
  moved: Moved,
  hint: string,
  dangers: readonly string[],
): Remedy {
  const reading = readingOf(changes)
  return {
    spec: { kind: 'recorded', changes, moved, hint, dangers },
    reading: () => reading,
    plannerFor: () => ({
      plan: (facts) => ({ ...planRecorded(changes, facts, moved, hint), dangers }),
      tell: () => ({}),
    }),
    needsPeakCount: false,
  }
}

/** Where these changes are made, and no more: what a boot would make of them was seen when they were planned. */
function readingOf(changes: readonly Change[]): Reading {
  const live = changes.filter(({ kind }) => kind === 'live')
  const known = new Set(tablePlaces.flatMap(({ paths }) => paths))
  return {
    places: [
      ...tablePlaces,
      ...live.filter(({ path }) => !known.has(path)).map(({ key, path }) => ({ key, paths: [path] })),
    ],
    files: changes.filter(({ kind }) => kind === 'file').map(({ path }) => path),
    patterns: ['^entries', '^[^#;]'],
    bootFolders: [],
    editable: false,
    writerFiles: [],
    firewall: changes.some(({ kind }) => kind === 'rule' || kind === 'module'),
    foreignFiles: [],
  }
}
