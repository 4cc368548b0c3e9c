import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import { parseStatistics } from '../../../src/host/parse-statistics.ts'
import { HostFailure } from '../../../src/ssh/failure.ts'

const cases = new URL('../../cases/plan/', import.meta.url)
const answers = readdirSync(cases).map((name) => readFileSync(new URL(`${name}/answer.txt`, cases), 'utf8'))

describe('what a host says is taken by its shape', () => {
  test('an answer with lines lost, doubled or torn makes facts or a failure, nothing else', () => {
    const damaged = fc.tuple(
      fc.constantFrom(...answers),
      fc.array(fc.tuple(fc.nat(60), fc.string({ unit: 'binary', maxLength: 40 }))),
    )
    fc.assert(
      fc.property(damaged, ([answer, damages]) => {
        const lines = answer.split('\n')
        for (const [at, text] of damages)
          lines.splice(at % lines.length, 1, text, lines[(at * 7) % lines.length] ?? '')
        try {
          const facts = parseFacts(lines.join('\n'), 'read')
          for (const number of [facts.count, facts.max, facts.hashsize])
            expect(Number.isNaN(number)).toBe(false)
        } catch (error) {
          expect(error).toBeInstanceOf(HostFailure)
        }
      }),
    )
  })

  test('a host that says nothing is a failure with a remedy', () => {
    expect(() => parseFacts('', 'read')).toThrow('did not say which kernel')
  })

  test('a number that is none is not known', () => {
    const answer =
      'kernel 6.1\nplace net.netfilter.nf_conntrack_max /proc/sys/x/nf_conntrack_max writable\nlines 0\n./proc/sys/x/nf_conntrack_max:1:lots\n'
    expect(parseFacts(answer, 'read').max).toBeNull()
  })
})

describe('what is too long to be ours, or to be judged', () => {
  test.each(['\r', '\u2028', '\u2029', '\u0085', '\v'])('a line of a file keeps %j', (odd) => {
    const line = `net.netfilter.nf_conntrack_max = 5${odd}x${odd}`
    const answer = `kernel 6.1\nboot file /etc/sysctl.d/a.conf\nlines 0\n./etc/sysctl.d/a.conf:3:${line}\n`
    expect(parseFacts(answer, 'read').boot.files[0]?.lines).toEqual([{ line: 3, text: line }])
  })

  test('a file of ours that has grown past all that we write is no longer ours', () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `|net.ipv4.key_${index} = 1234567890`).join('\n')
    const answer = `kernel 6.1\nfile /etc/sysctl.d/x.conf present writable\n${lines}\n`
    expect(parseFacts(answer, 'read').files.get('/etc/sysctl.d/x.conf')).toEqual({
      state: 'strange',
      why: 'too_long',
    })
  })

  test('a file read at boot with a line that goes on for ever is not known, rather than fine', () => {
    const answer = `kernel 6.1\nboot file /etc/sysctl.d/x.conf\nlines 0\n./etc/sysctl.d/x.conf:1:net.${'{a,b}'.repeat(2000)}=1\n`
    expect(parseFacts(answer, 'read').boot.files).toEqual([
      { path: '/etc/sysctl.d/x.conf', kind: 'unreadable', link: null, lines: [] },
    ])
  })
})

describe('/proc/net/stat/nf_conntrack', () => {
  test('is hexadecimal, one row a CPU, its columns found by name', () => {
    expect(
      parseStatistics([
        'entries  drop insert_failed early_drop',
        '00000010 00000017 00000001 00000002',
        '00000010 00000001 00000000 00000000',
      ]),
    ).toEqual({ drop: 24, insert_failed: 1, early_drop: 2 })
  })

  test('a row of another width is left out', () => {
    expect(parseStatistics(['entries drop', '00000010', '00000010 0000000a', 'zz 11'])).toEqual({ drop: 10 })
  })

  test('no such file, no counters', () => {
    expect(parseStatistics([])).toEqual({})
  })
})
