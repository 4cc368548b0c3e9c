import * as fc from 'fast-check'
import { statuses, type HostResult, type RunResult } from '../../../src/report/host-result.ts'
import { madeUpRun } from './made-up.ts'

/** Text as a hostile host may send it: escape sequences, bidi controls, broken surrogates, line ends. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .array(
      fc.constantFrom(
        '\u001b[31m',
        '\u009b2J',
        '\u202e',
        '\ud800',
        '\r',
        '\n',
        '\u2028',
        'a',
        '7',
        '\u{e0041}',
      ),
    )
    .map((parts) => parts.join('')),
)

const whole = fc.option(fc.nat())
const word = fc.constantFrom('timeout', 'key-missing', 'overridden-by-file')
const change = fc.record({
  kind: fc.constantFrom('live', 'file', 'module', 'rule'),
  key: anyText,
  path: anyText,
  before: fc.option(anyText),
  after: anyText,
  reason: anyText,
  state: fc.constantFrom('planned', 'applied', 'verified', 'failed'),
})
const finding = fc.record({
  code: word,
  severity: fc.constantFrom('info', 'warning', 'error'),
  message: anyText,
  hint: anyText,
})

/** One host's end in any shape that the types allow. */
export const anyHost: fc.Arbitrary<HostResult> = fc.record({
  host: anyText,
  play: fc.constantFrom('Raise the ceiling', 'Shorten the timeouts'),
  status: fc.constantFrom(...statuses),
  facts: fc.option(
    fc.record({ kernel: anyText, count: whole, max: whole, hashsize: whole, memory_bytes: whole }),
  ),
  changes: fc.array(change, { maxLength: 4 }),
  findings: fc.array(finding, { maxLength: 3 }),
  error: fc.option(
    fc.record({
      kind: fc.constantFrom('timeout', 'auth', 'not_verified', 'refused_by_guard', 'internal'),
      stage: fc.constantFrom('connect', 'login', 'become', 'read', 'apply', 'verify'),
      message: anyText,
      hint: anyText,
    }),
  ),
})

export const anyRun: fc.Arbitrary<RunResult> = fc
  .tuple(
    fc.array(anyHost, { maxLength: 20 }),
    fc.constantFrom('plan', 'apply', 'verify'),
    fc.option(fc.array(anyText, { minLength: 1, maxLength: 2 })),
  )
  .map(([hosts, command, notes]) => ({ ...madeUpRun(hosts, command), ...(notes && { notes }) }))
