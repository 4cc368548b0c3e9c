import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderSysctlDropIn } from '../../../src/kernel/drop-in.ts'
import { parseSysctlLine } from '../../../src/kernel/sysctl-conf.ts'
import { tunables } from '../../../src/kernel/tunables.ts'

const settings = fc
  .array(fc.tuple(fc.constantFrom(...tunables.map(({ key }) => key)), fc.nat().map(String)))
  .map((pairs) => new Map(pairs))

const assignments = (text: string) =>
  new Map(
    text.split('\n').flatMap((line) => {
      const read = parseSysctlLine(line)
      return read ? [[read.key, read.value] as const] : []
    }),
  )

describe('our sysctl.d file', () => {
  test('holds what was asked last and keeps what was asked before', () => {
    fc.assert(
      fc.property(settings, settings, (first, second) => {
        const text = renderSysctlDropIn(renderSysctlDropIn(null, first), second)
        expect(assignments(text)).toEqual(new Map([...first, ...second]))
      }),
    )
  })

  test('stays as it is when the same is asked again', () => {
    fc.assert(
      fc.property(settings, (asked) => {
        const text = renderSysctlDropIn(null, asked)
        expect(renderSysctlDropIn(text, asked)).toBe(text)
      }),
    )
  })

  test('replaces another name of the same variable', () => {
    const text = renderSysctlDropIn(
      'net.nf_conntrack_max = 1\n',
      new Map([['net.netfilter.nf_conntrack_max', '2']]),
    )
    expect(text.split('\n').slice(1)).toEqual(['net.netfilter.nf_conntrack_max = 2', ''])
  })
})
