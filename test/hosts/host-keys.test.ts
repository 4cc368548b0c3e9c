import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { directTarget } from '../../src/ssh/direct-target.ts'
import { HostFailure } from '../../src/ssh/failure.ts'
import { judgeHostKey, parseKnownHosts } from '../../src/ssh/known-hosts.ts'
import { openSession } from '../../src/ssh/open-session.ts'
import type { Target } from '../../src/ssh/target.ts'
import { startSshd } from './own-sshd.ts'
import { isFullTrial } from '../full-trials.ts'

/** What OpenSSH itself makes of known_hosts files, against what we make of them. */

interface Keys {
  readonly ed25519: string
  readonly rsa: string
  readonly stranger: string
  readonly strangeEcdsa: string
}

let folder: string
let keys: Keys
let port: number
let stop: () => void

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'host-keys-'))
  const make = (name: string, type: string): string => {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, name)])
    return readFileSync(join(folder, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
  }
  keys = {
    ed25519: make('host_ed25519', 'ed25519'),
    rsa: make('host_rsa', 'rsa'),
    stranger: make('stranger', 'ed25519'),
    strangeEcdsa: make('strange_ecdsa', 'ecdsa'),
  }
  make('user', 'ed25519')
  copyFileSync(join(folder, 'user.pub'), join(folder, 'authorized_keys'))
  const sshd = await startSshd(folder, ['host_ed25519', 'host_rsa'])
  port = sshd.port
  stop = sshd.stop
})
afterAll(() => {
  stop()
  rmSync(folder, { recursive: true })
})

type Verdict = 'known' | 'unknown' | 'changed' | 'revoked'
type Checking = 'yes' | 'accept-new'

async function opensshSays(file: string, checking: Checking, more: readonly string[] = []): Promise<Verdict> {
  const options = [
    `UserKnownHostsFile=${file}`,
    'GlobalKnownHostsFile=/dev/null',
    `StrictHostKeyChecking=${checking}`,
    'HashKnownHosts=no',
    'UpdateHostKeys=no',
    'BatchMode=yes',
    // Nobody gets in: the host's key is judged before that.
    'PreferredAuthentications=none',
    ...more,
  ]
  const words = [
    '-F',
    'none',
    '-p',
    String(port),
    ...options.flatMap((option) => ['-o', option]),
    '127.0.0.1',
    'true',
  ]
  const said = await new Promise<string>((resolve) => {
    execFile('ssh', words, (_error, _stdout, stderr) => resolve(stderr))
  })
  if (said.includes('marked as revoked')) return 'revoked'
  if (said.includes('IDENTIFICATION HAS CHANGED')) return 'changed'
  if (said.includes('host key is known')) return 'unknown'
  if (said.includes('Permission denied')) return 'known'
  throw new Error(said)
}

async function weSay(file: string, checking: Checking): Promise<Verdict> {
  try {
    await using session = await openSession(targetWith(file, checking), new AbortController().signal)
    expect(await session.exchange('{ echo B; echo E 0; }', { begin: 'B', end: 'E' }, 'read')).toBe('E 0\n')
    return 'known'
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error
    const verdict = /^host_key_(unknown|changed|revoked)$/.exec(error.kind)?.[1]
    if (verdict === undefined) throw error
    return verdict as Verdict
  }
}

function targetWith(file: string, checking: Checking): Target {
  return {
    ...directTarget,
    name: 'real',
    address: '127.0.0.1',
    port,
    user: userInfo().username,
    identityFiles: [join(folder, 'user')],
    agentSocket: null,
    hostKeys: { checking, knownHostsFiles: [file] },
    become: null,
    limits: {
      connectSeconds: 10,
      loginSeconds: 30,
      commandSeconds: 30,
      keepaliveSeconds: 10,
      outputBytes: 100_000,
    },
  }
}

/** The file as written, with its names hashed by ssh-keygen where asked. */
function write(name: string, text: string, hash: boolean): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  if (hash) execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
  rmSync(`${file}.old`, { force: true })
  return file
}

const cases: readonly (readonly [what: string, lines: (host: string, k: Keys) => string])[] = [
  ['nothing', () => ''],
  ['the right key', (host, k) => `${host} ${k.ed25519}\n`],
  ['the right key of the second type', (host, k) => `${host} ${k.rsa}\n`],
  ['a wrong key', (host, k) => `${host} ${k.stranger}\n`],
  ['a wrong key of a type that the host does not have', (host, k) => `${host} ${k.strangeEcdsa}\n`],
  ['a wrong and a right key', (host, k) => `${host} ${k.stranger}\n${host} ${k.ed25519}\n`],
  [
    'a wrong key of one type, the right one of the other',
    (host, k) => `${host} ${k.strangeEcdsa}\n${host} ${k.rsa}\n`,
  ],
  ['the right key under the name without the port', (_host, k) => `127.0.0.1 ${k.ed25519}\n`],
  ['a wrong key under the name without the port', (_host, k) => `127.0.0.1 ${k.stranger}\n`],
  ['the right key of another host', (_host, k) => `[127.0.0.2]:22 ${k.ed25519}\n`],
  ['a key that is revoked', (host, k) => `${host} ${k.ed25519}\n@revoked * ${k.ed25519}\n`],
  ['a key that is revoked elsewhere', (host, k) => `${host} ${k.ed25519}\n@revoked other ${k.ed25519}\n`],
  ['only that the key is revoked', (_host, k) => `@revoked * ${k.ed25519}\n`],
  ['an authority', (host, k) => `@cert-authority ${host} ${k.ed25519}\n`],
  ['a line without a newline', (host, k) => `# comment\n\n${host} ${k.ed25519}`],
  ['a key that is cut', (host, k) => `${host} ${k.ed25519.slice(0, 50)}\n`],
]

describe.for([false, true])('hashed: %s', (hash) => {
  describe.for(['yes', 'accept-new'] as const)('StrictHostKeyChecking=%s', (checking) => {
    test.for(cases)('a file with %s', async ([what, lines]) => {
      const text = lines(`[127.0.0.1]:${port}`, keys)
      const name = `${what} ${checking} ${hash}`.replaceAll(' ', '_')
      const theirs = write(`${name}_theirs`, text, hash)
      const ours = join(folder, `${name}_ours`)
      copyFileSync(theirs, ours)
      expect(await weSay(ours, checking)).toBe(await opensshSays(theirs, checking))
      expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'))
    })
  })
})

// Hashed names are not compared before a key is shown, so that there another one may come first.
test.for(['yes', 'accept-new'] as const)(
  'a key that is revoked is not asked for first, %s',
  async (checking) => {
    const host = `[127.0.0.1]:${port}`
    const text = `${host} ${keys.rsa}\n@revoked ${host} ${keys.rsa}\n`
    const theirs = write(`revoked_first_${checking}_theirs`, text, false)
    const ours = write(`revoked_first_${checking}_ours`, text, false)
    expect(await opensshSays(theirs, checking)).toBe('changed')
    expect(await weSay(ours, checking)).toBe('changed')
  },
)

test('a file with wildcards and negations is read as ssh-keygen -F reads it', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), minLength: 1, maxLength: 4 })
  const pattern = fc.oneof(
    part,
    part.map((text) => `!${text}`),
    part.map((text) => `[${text}]:2222`),
    fc.constantFrom('A', '*', 'a.b', '[*]:*'),
  )
  const line = fc.record({
    marker: fc.constantFrom('', '', '', '@revoked ', '@cert-authority ', '# ', '@strange '),
    hosts: fc.array(pattern, { minLength: 1, maxLength: 3 }).map((patterns) => patterns.join(',')),
    key: fc.constantFrom<keyof Keys>('ed25519', 'rsa', 'strangeEcdsa'),
  })
  const names = ['a', 'b', 'a.b', 'bb', 'a.a.b', '[a]:2222', '[a.b]:2222']
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.map(({ marker, hosts, key }) => `${marker}${hosts} ${keys[key]}\n`).join('')
      const file = write('patterns', text, false)
      for (const name of names) expect(ourLines(text, name)).toEqual(theirLines(file, name))
    }),
    { numRuns: isFullTrial ? 200 : 40 },
  )
})

const generated = isFullTrial ? 200 : 40

test(`${generated} generated files, hashed or not, come to the same verdict as with ssh`, async () => {
  const right = ['127.0.0.1', '127.*', '127.0.0.?', '*', '[127.0.0.1]:PORT', '[127.*]:PORT', '[*]:PORT']
  const name = fc.oneof(
    fc.constantFrom(...right),
    fc.constantFrom('[127.0.0.1]:22', '[127.0.0.2]:PORT', '127.0.0.2', 'web*'),
    fc.constantFrom(...right).map((pattern) => `!${pattern}`),
  )
  const line = fc.record({
    marker: fc.constantFrom('', '', '', '', '@revoked ', '@cert-authority ', '# '),
    hosts: fc.array(name, { minLength: 1, maxLength: 2 }).map((patterns) => patterns.join(',')),
    key: fc.constantFrom<keyof Keys>('ed25519', 'ed25519', 'rsa', 'stranger', 'strangeEcdsa'),
  })
  const count = new Map<Verdict, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.constantFrom<Checking>('yes', 'accept-new'),
      async (lines, hash, checking) => {
        const text = lines.map(({ marker, hosts, key }) => `${marker}${hosts} ${keys[key]}\n`).join('')
        const theirs = write('generated_theirs', text.replaceAll('PORT', String(port)), hash)
        const ours = join(folder, 'generated_ours')
        copyFileSync(theirs, ours)
        const verdict = await opensshSays(theirs, checking)
        const said = await weSay(ours, checking)
        // Hashed names are not compared before a key is shown: that may bring forth a key of a type that ssh would
        // not have asked for, and of which it would have said the same.
        if (hash && said !== verdict) {
          const again = write('generated_again', text.replaceAll('PORT', String(port)), hash)
          expect(await opensshSays(again, checking, ['HostKeyAlgorithms=rsa-sha2-512'])).toBe(said)
          return
        }
        expect(said).toBe(verdict)
        // ssh writes down a key that is revoked for the name without the port, and refuses it nevertheless.
        if (!hash && verdict !== 'revoked')
          expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'))
        count.set(verdict, (count.get(verdict) ?? 0) + 1)
      },
    ),
    { numRuns: generated },
  )
  console.log(`${generated} known_hosts files:`, Object.fromEntries(count))
})

/** The lines that name the host, without those of authorities and revoked keys. */
function theirLines(file: string, name: string): number[] {
  let said = ''
  try {
    said = execFileSync('ssh-keygen', ['-F', name, '-f', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    // Status 1: nothing was found.
  }
  const found = [...said.matchAll(/^# Host .* found: line (\d+) ?(CA|REVOKED)?/gm)]
  return found.filter(([, , marker]) => marker === undefined).map(([, number]) => Number(number))
}

function ourLines(text: string, name: string): number[] {
  const [, address = name, port_ = '22'] = /^\[(.*)\]:(\d+)$/.exec(name) ?? []
  const nobody = ssh2.utils.parseKey(keys.stranger)
  if (nobody instanceof Error) throw nobody
  const verdict = judgeHostKey([parseKnownHosts(text, 'f')], address, Number(port_), nobody.getPublicSSH())
  return verdict.kind === 'changed' ? verdict.known.map(({ line }) => line).toSorted((a, b) => a - b) : []
}

test('the line that we add is one that ssh-keygen finds, and removes as our message says', async () => {
  const file = join(folder, 'added')
  writeFileSync(file, 'a comment without a newline')
  expect(await weSay(file, 'accept-new')).toBe('known')
  expect(theirLines(file, `[127.0.0.1]:${port}`)).toEqual([2])

  writeFileSync(file, `[127.0.0.1]:${port} ${keys.stranger}\n`)
  const failure = await openSession(targetWith(file, 'accept-new'), new AbortController().signal).catch(
    (error: unknown) => error,
  )
  const remedy = /ssh-keygen -f .*$/.exec((failure as HostFailure).hint)?.[0] ?? 'false'
  execFileSync('sh', ['-c', remedy], { stdio: 'ignore' })
  expect(readFileSync(file, 'utf8')).toBe('')
  expect(await weSay(file, 'accept-new')).toBe('known')
})
