import type { Finding } from './change.ts'

const stay = 'A shorter timeout keeps others of the kind from gathering.'

/** What became of entries that a play wanted gone. `key` says which: `entries tcp TIME_WAIT`. */
export function describeDrained(
  key: string,
  { deleted, spared, left }: { readonly deleted: number; readonly spared: number; readonly left: number },
): readonly Finding[] {
  const others = spared === 0 ? '' : `; ${spared} had gone or were in use again by then`
  const done = `${deleted} ${key} deleted${others}`
  if (left === 0) return [{ code: 'drained', severity: 'info', message: done, hint: stay }]
  return [
    {
      code: 'drain-unfinished',
      severity: 'warning',
      message: `${done}; ${left} are left`,
      hint: 'Run it again for the rest. 50000 go in a run; without perl and python3 there, as many as half a minute allows.',
    },
  ]
}
