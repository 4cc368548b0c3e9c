import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quote } from '../../../src/ssh/quote.ts'
import { parseSshArguments } from '../../../src/ssh/ssh-arguments.ts'

test('everything in one line', () => {
  const text = `-o UserKnownHostsFile=/x -o "StrictHostKeyChecking accept-new" -i key -p 2222 -l user -C -J a,b -F conf`
  expect(parseSshArguments(text)).toEqual({
    options: new Map([
      ['userknownhostsfile', ['/x']],
      ['stricthostkeychecking', ['accept-new']],
      ['identityfile', ['key']],
      ['port', ['2222']],
      ['user', ['user']],
      ['proxyjump', ['a,b']],
    ]),
    words: `-o UserKnownHostsFile=/x -o StrictHostKeyChecking=accept-new -o IdentityFile=key -o Port=2222
      -o User=user -o ProxyJump=a,b`.split(/\s+/),
    configFile: 'conf',
    problems: [],
  })
})

test.for([
  ['-oUserKnownHostsFile=/a', 'userknownhostsfile', '/a'],
  ["-o 'UserKnownHostsFile = /a /b'", 'userknownhostsfile', '/a /b'],
  [String.raw`-o IdentityFile=\"/with\ blank\"`, 'identityfile', '/with blank'],
  ['-o STRICThostkeychecking=no -o StrictHostKeyChecking=yes', 'stricthostkeychecking', 'no'],
  ['-Cqo ConnectTimeout=5', 'connecttimeout', '5'],
  ['-o ProxyCommand=none -o LogLevel=ERROR', 'loglevel', 'ERROR'],
  ['-o "ProxyCommand ssh -W %h:%p bastion"', 'proxycommand', 'ssh -W %h:%p bastion'],
  ['-6', 'addressfamily', 'inet6'],
  ['-c aes128-ctr', 'ciphers', 'aes128-ctr'],
] as const)('%s', ([text, name, value]) => {
  const { options, problems } = parseSshArguments(text)
  expect(problems).toEqual([])
  expect(options.get(name)).toEqual([value])
})

test('the first of an option counts, of IdentityFile all', () => {
  const text = '-o User=one -l two -p 1 -o Port=2 -i a -o IdentityFile=b -ic'
  expect(parseSshArguments(text).options).toEqual(
    new Map([
      ['user', ['one']],
      ['port', ['1']],
      ['identityfile', ['a', 'b', 'c']],
    ]),
  )
})

test.for([
  ['-W host:22', '-W host:22 has no place in a run'],
  ['-N', '-N has no place in a run'],
  ['-p 70000', 'port 70000 is not a number from 1 to 65535'],
  ['-p x', 'port x is not a number from 1 to 65535'],
  ['-o Compression', '-o Compression has no value (expected -o Name=value)'],
  ['-i', '-i has no value'],
  ['host', 'host is not an option'],
  ['--', '-- is not an option'],
  ["-o 'open", 'a quote is not closed'],
  ["''", 'an empty word is not an option'],
] as const)('%s: %s', ([text, problem]) => {
  expect(parseSshArguments(text).problems).toEqual([problem])
})

test('a quoted value comes back as it was', () => {
  const value = fc
    .string({ minLength: 1 })
    .filter((text) => !/[\0"]|^\s|\s$/.test(text) && text.trim() !== '')
  fc.assert(
    fc.property(value, value, (file, key) => {
      const text = `-o ${quote(`UserKnownHostsFile=${file}`)} -i ${quote(key)}`
      const { options, problems } = parseSshArguments(text)
      expect(problems).toEqual([])
      expect(options.get('userknownhostsfile')).toEqual([file])
      expect(options.get('identityfile')).toEqual([key])
    }),
  )
})

test('no text makes it throw or hang', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseSshArguments(text)))
})
