import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { keyPairOf, newKeyPair } from '../../../src/lab/keys.ts'
import { labFolder } from './fresh-lab.ts'

/** PKCS#8 of an Ed25519 key (RFC 8410) up to its seed. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The seed with that number: its public key follows from it. */
function pairOf(seed: Buffer): { pair: ReturnType<typeof keyPairOf>; publicBytes: Buffer } {
  const secret = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(secret).export({ format: 'jwk' })
  const publicBytes = Buffer.from(x, 'base64url')
  return { pair: keyPairOf(seed, publicBytes), publicBytes }
}

/** What the private key signs is verified by the public one, both as ssh2 reads them. */
function isUsable({ privateText, publicText }: ReturnType<typeof keyPairOf>): boolean {
  const [secret, open] = [ssh2.utils.parseKey(privateText), ssh2.utils.parseKey(publicText)]
  if (secret instanceof Error) throw secret
  if (open instanceof Error) throw open
  const message = Buffer.from('words')
  return open.verify(message, sign(null, message, createPrivateKey(secret.getPrivatePEM())))
}

test('every seed makes a key pair that can be used', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) =>
      isUsable(pairOf(Buffer.from(seed)).pair),
    ),
  )
})

test('a key that begins with zero is as good as any', () => {
  const seed = Buffer.alloc(32)
  for (let number = 0; number < 5000; number += 1) {
    seed.writeUInt32BE(number, 28)
    const { pair, publicBytes } = pairOf(seed)
    if (publicBytes[0] !== 0) continue
    expect(isUsable(pair)).toBe(true)
    return
  }
  throw new Error('none of the seeds has such a key')
})

const hasOpenSsh = spawnSync('ssh-keygen', ['-?']).error === undefined

test.skipIf(!hasOpenSsh)('OpenSSH reads it', () => {
  const file = join(labFolder(), 'key')
  const { privateText, publicText } = newKeyPair()
  writeFileSync(file, privateText, { mode: 0o600 })
  expect(spawnSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).stdout.trim()).toBe(publicText)
})
