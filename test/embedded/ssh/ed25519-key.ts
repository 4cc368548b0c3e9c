import { newKeyPair } from '../../../src/lab/keys.ts'

/** A new Ed25519 key under the names that ssh2's generator gives its pairs; one in 256 of those cannot be read again. */
export function ed25519Key(): { readonly private: string; readonly public: string } {
  const { privateText, publicText } = newKeyPair()
  return { private: privateText, public: publicText }
}
