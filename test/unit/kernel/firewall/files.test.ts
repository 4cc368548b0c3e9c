import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { networkText, parseNetwork } from '../../../../src/kernel/firewall/addresses.ts'
import { renderNftFile, withInclude } from '../../../../src/kernel/firewall/nft-file.ts'
import { iptablesWriter, nftWriter } from '../../../../src/kernel/firewall/notrack-rules.ts'
import { withSavedRules } from '../../../../src/kernel/firewall/saved-rules.ts'

const service = fc.record({
  direction: fc.constantFrom('in', 'out'),
  protocol: fc.constantFrom('tcp', 'udp'),
  ports: fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1000, max: 65_535 })),
  addresses: fc.constantFrom(null, ['10.0.0.0/8'], ['192.0.2.1', '2001:db8::/32']),
})
const line = fc.constantFrom(
  '# a comment',
  ':OTHER - [0:0]',
  '-A INPUT -i lo -j ACCEPT',
  '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
  '-A OTHER -j DROP',
  '',
)
const savedFile = fc
  .record({ lines: fc.array(line, { maxLength: 8 }), hasRaw: fc.boolean(), end: fc.constantFrom('', '\n') })
  .map(
    ({ lines, hasRaw, end }) =>
      [
        ...(hasRaw ? ['*raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', 'COMMIT'] : []),
        '*filter',
        ':INPUT DROP [0:0]',
        ...lines,
        'COMMIT',
      ].join('\n') + end,
  )

describe('our rules in files of others', () => {
  const writer = iptablesWriter('ip', 'CT --notrack')

  test('taken out again, every byte is as it was', () => {
    fc.assert(
      fc.property(savedFile, fc.array(service, { maxLength: 3 }), (text, services) => {
        const accepts = services.flatMap((one) =>
          writer.accept(one, 'arriving', {
            family: 'ip',
            table: 'filter',
            name: 'INPUT',
            base: null,
            rules: [],
          }),
        )
        const placed = [...accepts, ...services.flatMap((one) => writer.notrack(one))]
        const there = withSavedRules(text, placed)
        expect(withSavedRules(there, placed)).toBe(there)
        expect(withSavedRules(there, [])).toBe(text)
        for (const { rule } of placed) expect(there).toContain(`${rule.text}\n`)
      }),
      { numRuns: 200 },
    )
  })

  test('a file that is not there is made, and goes again', () => {
    const placed = writer.notrack({ direction: 'in', protocol: 'tcp', ports: [80, 80], addresses: null })
    const made = withSavedRules(null, placed)
    expect(made).toMatch(/^# Written by conntrackctl\n\*raw\n[\s\S]*COMMIT\n$/)
    expect(withSavedRules(made, [])).toBeNull()
  })

  test('the line that reads ours comes to the end, once, and goes again', () => {
    for (const text of ['', 'flush ruleset\n', 'flush ruleset']) {
      const there = withInclude(text, true)
      expect(there).toMatch(/include "\/etc\/nftables\.d\/conntrackctl\.rules"\n$/)
      expect(withInclude(there, true)).toBe(there)
      if (text !== 'flush ruleset') expect(withInclude(there, false)).toBe(text)
    }
  })

  test('without rules there is no file of ours', () => {
    expect(renderNftFile([])).toBeNull()
    expect(
      renderNftFile(
        nftWriter.notrack({ direction: 'in', protocol: 'tcp', ports: [80, 80], addresses: null }),
      ),
    ).toContain('delete table inet conntrackctl')
  })
})

test('networks are written as the tools print them', () => {
  for (const text of [
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
    '::1',
    'fe80::1:0:0:2',
    '2001:db8:0:1:1:1:1:1',
    '::/1',
  ])
    expect(networkText(parseNetwork(text) ?? { family: 'ip', bits: 0n, length: 0 })).toBe(text)
  for (const text of [
    '10.0.0.256',
    '10.0.0',
    '10.0.0.0/33',
    ':::',
    '1:2:3',
    'x',
    '10.0.0.1/8/8',
    '010.0.0.1',
  ])
    expect(parseNetwork(text)).toBeNull()
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const network = parseNetwork(text)
      expect(network).not.toBeNull()
      if (network !== null) expect(parseNetwork(networkText(network))).toEqual(network)
    }),
  )
})
