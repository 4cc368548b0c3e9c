import ssh2 from 'ssh2'

/** A key pair in OpenSSH's forms. Ed25519: an RSA key takes half a second to make. */
export interface KeyPair {
  readonly privateText: string
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicText: string
}

export function newKeyPair(): KeyPair {
  const { private: privateText, public: publicText } = ssh2.utils.generateKeyPairSync('ed25519')
  return { privateText, publicText: publicText.trim() }
}
