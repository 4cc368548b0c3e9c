import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../../src/problem.ts'
import { jobSchema, readMessage, toRunnerSchema } from '../../../src/queue/messages.ts'
import { readSigningKey, readTrust } from '../../../src/queue/signed-text.ts'

let folder: string
const at = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-signing-'))
  for (const [name, ...words] of [
    ['one', '-t', 'ed25519'],
    ['other', '-t', 'ed25519'],
    ['ecdsa', '-t', 'ecdsa'],
  ])
    execFileSync('ssh-keygen', ['-q', ...words, '-N', '', '-C', `${name} key`, '-f', at(name ?? '')])
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'words', '-f', at('closed')])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what one signs, whoever trusts it reads; its fingerprint is that of ssh-keygen', async () => {
  const signer = readSigningKey(at('one'))
  const trust = await readTrust(at('one.pub'))
  expect(execFileSync('ssh-keygen', ['-l', '-f', at('one')]).toString()).toContain(signer.fingerprint)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const sent = Buffer.from(text).toString()
      expect(trust.open(signer.seal(sent))).toEqual({
        ...{ ok: true, text: sent, fingerprint: signer.fingerprint, zones: null },
      })
    }),
  )
})

test('a changed text, a changed signature and another key count for nothing', async () => {
  const sealed = readSigningKey(at('one')).seal('{"a": 1}')
  const trust = await readTrust(at('one.pub'))
  expect((await readTrust(at('other.pub'))).open(sealed)).toMatchObject({
    ok: false,
    why: expect.stringMatching(/not trusted/),
  })
  expect(trust.open(sealed.replace('"a": 1', '"a": 2')).ok).toBe(false)
  // Said to be of the trusted key, and signed with another.
  const forged = readSigningKey(at('other'))
    .seal('{"a": 1}')
    .replace(/^\S+/, sealed.split(' ')[0] ?? '')
  expect(trust.open(forged)).toMatchObject({
    ok: false,
    why: expect.stringMatching(/its signature is not one/),
  })
  fc.assert(fc.property(fc.string(), (text) => !trust.open(text).ok))
})

test('several keys may be trusted at a time, each of all zones or of some', async () => {
  const [one = '', other = ''] = ['one', 'other'].map((name) => readFileSync(at(`${name}.pub`), 'utf8'))
  writeFileSync(at('both'), `# old and new\n${one}zones="eu-west,us" ${other}`)
  const trust = await readTrust(at('both'))
  expect(trust.open(readSigningKey(at('one')).seal('x'))).toMatchObject({ ok: true, zones: null })
  expect(trust.open(readSigningKey(at('other')).seal('x'))).toMatchObject({
    ...{ ok: true, zones: new Set(['eu-west', 'us']) },
  })
})

test('a signature of the same key for something else is none here', async () => {
  writeFileSync(at('text'), '{"kind":"cut","run":"x"}')
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', at('one'), '-n', 'file', at('text')], {
    stdio: 'pipe',
  })
  const blob = Buffer.from(readFileSync(at('text.sig'), 'utf8').split('\n').slice(1, -2).join(''), 'base64')
  const { fingerprint } = readSigningKey(at('one'))
  const sealed = `${fingerprint} ${blob.subarray(-64).toString('base64')} {"kind":"cut","run":"x"}`
  expect((await readTrust(at('one.pub'))).open(sealed)).toMatchObject({
    ok: false,
    why: expect.stringMatching(/its signature/),
  })
})

describe('a file that will not do is told, with what to do', () => {
  test.each([
    ['ecdsa', /type ecdsa-sha2-nistp256.*ssh-keygen -t ed25519/],
    ['closed', /needs a passphrase.*without a passphrase/],
    ['one.pub', /holds a public key/],
    ['missing', /does not exist/],
  ])('the signing key %s', (name, words) => {
    expect(() => readSigningKey(at(name))).toThrow(InputError)
    expect(() => readSigningKey(at(name))).toThrow(words)
  })

  test.each([
    ['an option before the key', 'from="10.0.0.1" ssh-ed25519 AAAA x\n', /trust:1: from=/],
    ['zones without quotes', 'zones=eu ssh-ed25519 AAAA x\n', /trust:1: zones=eu/],
    ['another type', '# ours\n\nssh-rsa AAAA x\n', /trust:3: ssh-rsa/],
    ['half a key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVz x\n', /trust:1:/],
    ['no key', '# none yet\n', /there is no key in it/],
  ])('trust with %s', async (_, text, words) => {
    writeFileSync(at('trust'), text)
    await expect(readTrust(at('trust'))).rejects.toThrow(words)
  })
})

test('what is signed and is no message of this version counts for nothing', async () => {
  const signer = readSigningKey(at('one'))
  const trust = await readTrust(at('one.pub'))
  const read = (value: unknown, schema: typeof jobSchema | typeof toRunnerSchema) =>
    readMessage(trust.open(signer.seal(JSON.stringify(value))), schema)
  expect(read({ kind: 'cut', run: 'x' }, toRunnerSchema)).toMatchObject({ ok: true })
  // What the coordinator may say to a runner is no job, and the other way round.
  expect(read({ kind: 'cut', run: 'x' }, jobSchema)).toEqual({
    ok: false,
    why: 'it is not a message of this version',
  })
  expect(read({ kind: 'go', run: 'x', job: 'x.1.1', nonce: 'short', hash: 'h' }, toRunnerSchema).ok).toBe(
    false,
  )
})
