import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quote } from '../../../src/ssh/quote.ts'
import { parseSshArguments } from '../../../src/ssh/ssh-arguments.ts'

test('everything in one line', () => {
  const text = `-o UserKnownHostsFile=/x -o "StrictHostKeyChecking accept-new" -i key -p 2222 -l user -C -o ControlPersist=60s`
  expect(parseSshArguments(text)).toEqual({
    options: new Map([
      ['userknownhostsfile', '/x'],
      ['stricthostkeychecking', 'accept-new'],
      ['controlpersist', '60s'],
    ]),
    identityFiles: ['key'],
    user: 'user',
    port: 2222,
    problems: [],
  })
})

test.for([
  ['-oUserKnownHostsFile=/a', 'userknownhostsfile', '/a'],
  ["-o 'UserKnownHostsFile = /a /b'", 'userknownhostsfile', '/a /b'],
  [String.raw`-o UserKnownHostsFile=\"/with\ blank\"`, 'userknownhostsfile', '/with blank'],
  ['-o STRICThostkeychecking=no -o StrictHostKeyChecking=yes', 'stricthostkeychecking', 'no'],
  ['-Cqo ConnectTimeout=5', 'connecttimeout', '5'],
  ['-o ProxyCommand=none -o LogLevel=ERROR', 'loglevel', 'ERROR'],
] as const)('%s', ([text, name, value]) => {
  const { options, problems } = parseSshArguments(text)
  expect(problems).toEqual([])
  expect(options.get(name)).toBe(value)
})

test('User, Port and IdentityFile mean the same as -l, -p and -i, and the first one wins', () => {
  const text = '-o User=one -l two -p 1 -o Port=2 -i a -o IdentityFile=b -ic'
  expect(parseSshArguments(text)).toEqual({
    options: new Map(),
    identityFiles: ['a', 'b', 'c'],
    user: 'one',
    port: 1,
    problems: [],
  })
})

test.for([
  ['-J bastion', '-J bastion is not supported yet'],
  ['-F /etc/ssh/other', '-F /etc/ssh/other is not supported yet'],
  ['-W host:22', '-W host:22 is not supported yet'],
  ['-o ProxyJump=bastion', 'ProxyJump (jump hosts) is not supported yet'],
  ['-o "ProxyCommand ssh -W %h:%p bastion"', 'ProxyCommand (jump hosts) is not supported yet'],
  ['-A', '-A is not supported yet'],
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
      const { options, identityFiles, problems } = parseSshArguments(text)
      expect(problems).toEqual([])
      expect(options.get('userknownhostsfile')).toBe(file)
      expect(identityFiles).toEqual([key])
    }),
  )
})

test('no text makes it throw or hang', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseSshArguments(text)))
})
