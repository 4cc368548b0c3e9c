import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { becomeWords } from '../../../src/ssh/become-words.ts'
import { sudoTo } from '../../../src/ssh/become.ts'
import { quote } from '../../../src/ssh/quote.ts'
import { Secret } from '../../../src/ssh/secret.ts'

const posix = { sh: ['sh'], bash: ['bash'], busybox: ['busybox', 'sh'] }
const login = { ...posix, tcsh: ['tcsh', '-f'], fish: ['fish', '--no-config'] }

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'quote-'))
  writeFileSync(join(home, 'sudo'), `#!/bin/sh\nprintf '%s\\0' "$@"\n`)
  chmodSync(join(home, 'sudo'), 0o755)
})
afterAll(() => rmSync(home, { recursive: true }))

function installed(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function run([program = '', ...words]: readonly string[], line: string): string[] {
  const env = { PATH: `${home}:${process.env['PATH']}`, HOME: home, LC_ALL: 'C.UTF-8' }
  const printed = execFileSync(program, [...words, '-c', line], { env, encoding: 'utf8' })
  return printed.split('\0').slice(0, -1)
}

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from(' \t!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')),
    fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
  ),
})
const word = fc.oneof(
  hostile,
  fc.constantFrom('', '\\', "'", "\\'", "a\\'b", '$(id)', '`id`', '!!', '-n', '~', '%1'),
)
const withNewlines = fc.oneof(
  word,
  fc.string().filter((text) => !text.includes('\0')),
)

describe.for(Object.entries(posix))('in %s', ([name, command]) => {
  test.skipIf(!installed(name))('a quoted word arrives as it was', () => {
    fc.assert(
      fc.property(fc.array(withNewlines, { minLength: 1, maxLength: 20 }), (words) => {
        expect(run(command, `printf '%s\\0' ${words.map(quote).join(' ')}`)).toEqual(words)
      }),
      { numRuns: 30 },
    )
  })
})

describe.for(Object.entries(login))('under %s as the login shell', ([name, command]) => {
  test.skipIf(!installed(name))('sudo gets the user as it was', () => {
    fc.assert(
      fc.property(word, (user) => {
        const expected = ['-n', '-H', '-u', user, '--', '/bin/sh']
        expect(run(command, becomeWords(sudoTo(user), null, null))).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })

  test.skipIf(!installed(name))('a command within the command of sudo comes out whole', () => {
    const become = { ...sudoTo('root'), password: new Secret('pw') }
    fc.assert(
      fc.property(word, (inner) => {
        const line = becomeWords(become, `/bin/sh -c ${quote(inner)}`, 'ask: ')
        const expected = ['-S', '-p', 'ask: ', '-H', '-u', 'root', '--', '/bin/sh', '-c', inner]
        expect(run(command, line)).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })
})

test('plain words stay readable', () => {
  expect(quote('/etc/sysctl.d/90-x.conf')).toBe('/etc/sysctl.d/90-x.conf')
  expect(quote('two words')).toBe("'two words'")
  expect(quote('')).toBe("''")
})

test('a NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow(RangeError)
})
