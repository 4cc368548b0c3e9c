import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import ssh2 from 'ssh2'
import { describe, expect, test } from 'vitest'
import { newKeyPair } from '../../../src/lab/keys.ts'
import { hostsMatch } from '../../../src/ssh/host-pattern.ts'
import {
  addKnownHosts,
  fingerprint,
  judgeHostKey,
  knownHostsName,
  likelyKeyTypes,
  parseKnownHosts,
} from '../../../src/ssh/known-hosts.ts'

function key(type: 'ed25519' | 'ecdsa'): { text: string; blob: Buffer } {
  const publicText =
    type === 'ecdsa' ? ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).public : newKeyPair().publicText
  const [name, base64 = ''] = publicText.split(' ')
  return { text: `${name} ${base64}`, blob: Buffer.from(base64, 'base64') }
}

const one = key('ed25519')
const two = key('ed25519')
const ecdsa = key('ecdsa')

function hashed(name: string): string {
  const salt = Buffer.alloc(20, name)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

function judge(text: string, address: string, port = 22, blob = one.blob): string {
  return judgeHostKey([parseKnownHosts(text, 'file')], address, port, blob).kind
}

describe('a key is known', () => {
  test.for([
    ['by name', `web ${one.text}`, 'web', 22],
    ['in any case of letters', `WEB.Example ${one.text}`, 'web.EXAMPLE', 22],
    ['among several names', `a,web,10.0.0.1 ${one.text}`, 'web', 22],
    ['with a comment', `web ${one.text} root@web two`, 'web', 22],
    ['on a line that ends as on Windows', `web ${one.text}\r\n`, 'web', 22],
    ['indented, with tabs', `  web\t${one.text.replace(' ', '\t')}`, 'web', 22],
    ['by name and port', `[web]:2222 ${one.text}`, 'web', 2222],
    ['by a hash', `${hashed('web')} ${one.text}`, 'web', 22],
    ['by a hash with its port', `${hashed('[web]:2222')} ${one.text}`, 'web', 2222],
    ['by a wildcard', `*.example ${one.text}`, 'web.example', 22],
    ['by a wildcard for one character', `web? ${one.text}`, 'web1', 22],
    ['by a wildcard with a port', `[*.example]:2222 ${one.text}`, 'web.example', 2222],
    ['by the name without the port', `web ${one.text}`, 'web', 2222],
    ['on the second of two lines', `web ${two.text}\nweb ${one.text}`, 'web', 22],
    ['beside a line of another type', `web ${ecdsa.text}\nweb ${one.text}`, 'web', 22],
    ['as an IPv6 address', `fe80::1 ${one.text}`, 'fe80::1', 22],
    ['as an IPv6 address with a port', `[fe80::1]:2222 ${one.text}`, 'fe80::1', 2222],
  ] as const)('%s', ([, text, address, port]) => {
    expect(judge(text, address, port)).toBe('known')
  })
})

describe('a key is not known', () => {
  test.for([
    ['in an empty file', '', 'web', 22],
    ['when only another host has it', `db ${one.text}`, 'web', 22],
    ['when only another port has it', `[web]:2223 ${one.text}`, 'web', 2222],
    ['for port 22 when a port has it', `[web]:2222 ${one.text}`, 'web', 22],
    ['on a comment', `# web ${one.text}`, 'web', 22],
    ['when negated', `*.example,!web.example ${one.text}`, 'web.example', 22],
    ['when negated first', `!web.example,*.example ${one.text}`, 'web.example', 22],
    ['on a line without a key', 'web ssh-ed25519', 'web', 22],
    ['on a line whose key is cut', `web ${one.text.slice(0, 40)}`, 'web', 22],
    [
      'on a line whose type is not that of the key',
      `web ${one.text.replace('ssh-ed25519', 'ssh-rsa')}`,
      'web',
      22,
    ],
    ['on a line of an unknown marker', `@strange web ${one.text}`, 'web', 22],
    ['when it is the key of an authority', `@cert-authority web ${one.text}`, 'web', 22],
    ['by a hash of another name', `${hashed('db')} ${one.text}`, 'web', 22],
    ['by a hash of a strange version', `${hashed('web').replace('|1|', '|2|')} ${one.text}`, 'web', 22],
    ['by a hash without its parts', `|1| ${one.text}`, 'web', 22],
  ] as const)('%s', ([, text, address, port]) => {
    expect(judge(text, address, port)).toBe('unknown')
  })
})

test('a host with other keys only has changed, whatever their type, and the lines are told', () => {
  const files = [
    parseKnownHosts(`\n\nweb ${two.text}\n`, 'a'),
    parseKnownHosts(`${hashed('web')} ${ecdsa.text}`, 'b'),
  ]
  const verdict = judgeHostKey(files, 'web', 22, one.blob)
  if (verdict.kind !== 'changed') throw new Error(verdict.kind)
  expect(verdict.known.map(({ file, line }) => `${file}:${line}`)).toEqual(['a:3', 'b:1'])
})

test('a revoked key is refused, also when another line has it as good', () => {
  expect(judge(`web ${one.text}\n@revoked * ${one.text}`, 'web')).toBe('revoked')
  expect(judge(`web ${one.text}\n@revoked db ${one.text}`, 'web')).toBe('known')
  expect(judge(`web ${one.text}\n@revoked ${hashed('web')} ${one.text}`, 'web')).toBe('revoked')
  expect(judge(`@revoked * ${two.text}`, 'web')).toBe('unknown')
})

test('an authority that would vouch for the host is told', () => {
  const verdict = judgeHostKey(
    [parseKnownHosts(`@cert-authority *.example ${two.text}`, 'f')],
    'web.example',
    22,
    one.blob,
  )
  expect(verdict).toMatchObject({ kind: 'unknown', certAuthority: { line: 1 } })
})

test('a host is asked for the types that it is known by, or else for those of hashed lines', () => {
  const text = `web ${ecdsa.text}\n@revoked web ${one.text}\n@cert-authority web ${one.text}\n${hashed('db')} ${one.text}`
  expect(likelyKeyTypes([parseKnownHosts(text, 'f')], 'web', 22)).toEqual(['ecdsa-sha2-nistp256'])
  expect(likelyKeyTypes([parseKnownHosts(text, 'f')], 'other', 22)).toEqual(['ssh-ed25519'])
})

test('lines that are added count on', () => {
  const known = parseKnownHosts(`# comment\nweb ${two.text}\n`, 'f')
  addKnownHosts(known, `web ${ecdsa.text}\n`)
  const verdict = judgeHostKey([known], 'web', 22, one.blob)
  expect(verdict).toMatchObject({ kind: 'changed', known: [{ line: 2 }, { line: 3 }] })
})

test('fingerprints are those of OpenSSH', () => {
  const github = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  expect(fingerprint(github)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
  expect(fingerprint(Buffer.from(github, 'base64'))).toBe(fingerprint(github))
})

describe('patterns', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '1'), minLength: 1, maxLength: 12 })
  const pattern = fc.string({
    unit: fc.constantFrom('a', 'b', '.', '-', '1', '*', '?'),
    minLength: 1,
    maxLength: 12,
  })

  test('mean what the same pattern means as a regular expression', () => {
    fc.assert(
      fc.property(pattern, name, (glob, host) => {
        const source = glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
        expect(hostsMatch(glob, host)).toBe(new RegExp(`^${source}$`).test(host))
      }),
      { numRuns: 2000 },
    )
  })

  test('with many stars take no exponential time', () => {
    const started = performance.now()
    expect(hostsMatch(`${'*a'.repeat(30)}b`, 'a'.repeat(1000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

test('no text makes the reading throw', () => {
  const piece = fc.constantFrom(
    ' ',
    '\n',
    '@revoked',
    '|1|',
    'web',
    'ssh-ed25519',
    'AAAA',
    one.text,
    '#',
    '!',
    '\0',
    '\t',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      judge(pieces.join(''), 'web')
    }),
  )
})

test('ten thousand hosts with ten thousand lines each way take seconds at most, hashed or not', () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => {
    const blob = Buffer.from(one.blob)
    blob.writeUInt32BE(index, 20)
    return blob
  })
  const started = performance.now()
  for (const write of [(host: string) => host, hashed]) {
    const text = keys
      .map((blob, index) => `${write(`h${index}`)} ssh-ed25519 ${blob.toString('base64')}`)
      .join('\n')
    const files = [parseKnownHosts(text, 'f')]
    keys.forEach((blob, index) => {
      expect(likelyKeyTypes(files, `h${index}`, 22)).toEqual(['ssh-ed25519'])
      if (judgeHostKey(files, `h${index}`, 22, blob).kind !== 'known')
        throw new Error(`h${index} is not known`)
    })
  }
  // Quadratic would be 10^8 comparisons, or as many hashes, which take minutes.
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('names are written as OpenSSH writes them', () => {
  expect(knownHostsName('Web', 22)).toBe('web')
  expect(knownHostsName('web', 2222)).toBe('[web]:2222')
})
