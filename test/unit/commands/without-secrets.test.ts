import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withoutSecrets } from '../../../src/commands/without-secrets.ts'

test.each([
  [
    ['apply', 'p.yml', '-e', 'pw=hunter2'],
    ['apply', 'p.yml', '-e', 'pw=***'],
  ],
  [
    ['-e', 'a=1 b="hunter2 x"'],
    ['-e', 'a=*** b=***'],
  ],
  [['--extra-vars=pw=hunter2'], ['--extra-vars=pw=***']],
  [
    ['--extra-vars', '{"pw": "a=hunter2"}'],
    ['--extra-vars', '***'],
  ],
  [['-epw=hunter2'], ['-epw=***']],
  [['-bepw=hunter2'], ['-bepw=***']],
  [
    ['-e', '@vars.yml'],
    ['-e', '@vars.yml'],
  ],
  [
    ['-l', 'web', '--diff'],
    ['-l', 'web', '--diff'],
  ],
])('%j is kept as %j', (words, kept) => {
  expect(withoutSecrets(words)).toEqual(kept)
})

test('no value of a variable is kept, however it is given', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9 ={}":,'$-]{3,20}$/).map((text) => `S3CR3T${text}`)
  const given = fc.constantFrom(
    (value: string) => ['-e', `pw=${value}`],
    (value: string) => [`-epw=${value}`],
    (value: string) => ['--extra-vars', `{"pw": "${value}"}`],
    (value: string) => [`--extra-vars=pw=${value}`],
  )
  fc.assert(
    fc.property(secret, given, (value, words) => {
      expect(withoutSecrets(['apply', ...words(value)]).join(' ')).not.toContain('S3CR3T')
    }),
  )
})
