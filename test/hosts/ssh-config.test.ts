import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Host } from '../../src/inventory/inventory.ts'
import { targetOf } from '../../src/inventory/target.ts'
import { SshConfigReader } from '../../src/ssh/ssh-config.ts'
import type { Target } from '../../src/ssh/target.ts'
import { plainDefaults } from '../unit/inventory/plain-defaults.ts'
import { sshArguments, sshConfigs } from './generated-ssh-config.ts'
import { isFullTrial } from '../full-trials.ts'

/** What `ssh` makes of configuration files and arguments, against what we make of them. */

const runs = isFullTrial ? 100 : 30
// Some are named in the files; of the others those that match the same patterns are asked about once.
const names = ['h1', 'h2', 'h3', 'web.example.net', 'h8', 'h9', 'h10', 'db.net']
const home = userInfo().homedir

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssh-config-'))
  mkdirSync(join(folder, 'parts'))
  writeFileSync(join(folder, 'included.conf'), 'Host h2\n  User included\n  Port 2022\n')
  writeFileSync(join(folder, 'parts', '1.conf'), 'Host h*\n  ConnectTimeout 3\nMatch host h3\n  User three\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const defaults = {
  ...plainDefaults,
  loginName: userInfo().username,
  home,
  cwd: '/srv',
  agentSocket: '/run/agent',
  usualIdentityFiles: ['/usual'],
  sshConfig: new SshConfigReader(),
}

function host(name: string, args: string): Host {
  return { name, groups: ['all'], vars: { ansible_ssh_common_args: args } }
}

/** The answer of `ssh -G`, read anew here: a keyword to its values. */
function askSsh(words: readonly string[]): Map<string, string[]> {
  const said = new Map<string, string[]>()
  const text = execFileSync('ssh', ['-G', ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for (const [, name = '', value = ''] of text.matchAll(/^(\S+) (.*)$/gm))
    said.set(name, [...(said.get(name) ?? []), value])
  return said
}

/** The key files that ssh would open, all tokens filled in, from its own log. */
function identityFiles(words: readonly string[]): string[] {
  const { stderr } = spawnSync(
    'ssh',
    ['-v', '-o', 'BatchMode=yes', '-o', 'ProxyCommand=true', ...words, 'true'],
    {
      encoding: 'utf8',
    },
  )
  const files = [...stderr.matchAll(/identity file (.*) type -?\d+\r?$/gm)].map(([, file = '']) => file)
  return [...new Set(files.filter((file) => !file.endsWith('-cert')))].map((file) => resolve('/srv', file))
}

function expectSame(target: Target, said: Map<string, string[]>, builtIn: Map<string, string[]>): void {
  const first = (name: string): string => said.get(name)?.[0] ?? ''
  const isOwn = (name: string): boolean => first(name) !== builtIn.get(name)?.[0]
  expect(target.address).toBe(first('hostname'))
  expect(target.port).toBe(Number(first('port')))
  expect(target.user).toBe(first('user'))
  expect(target.hostKeyAlias ?? '').toBe(first('hostkeyalias'))
  const checking = first('stricthostkeychecking')
  expect(target.hostKeys.checking).toBe({ true: 'yes', false: 'no', off: 'no' }[checking] ?? checking)
  const files = `${first('userknownhostsfile')} ${first('globalknownhostsfile')}`
  if (isOwn('userknownhostsfile') && isOwn('globalknownhostsfile'))
    expect(target.hostKeys.knownHostsFiles).toEqual(files.split(' ').filter((file) => file !== 'none'))
  expect(target.identitiesOnly).toBe(first('identitiesonly') === 'yes')
  const connect = first('connecttimeout')
  expect(target.limits.connectSeconds).toBe(connect === 'none' ? 10 : Number(connect))
  const alive = Number(first('serveraliveinterval'))
  if (alive > 0)
    expect([target.limits.keepaliveSeconds, target.limits.keepaliveTimes]).toEqual([
      alive,
      Number(first('serveralivecountmax')),
    ])
  for (const [name, list] of [
    ['ciphers', target.algorithms.ciphers],
    ['macs', target.algorithms.macs],
    ['kexalgorithms', target.algorithms.kex],
    ['hostkeyalgorithms', target.algorithms.hostKeys],
  ] as const)
    expect(list?.join(',') ?? builtIn.get(name)?.[0]).toBe(first(name))
  expectSameRoute(target.route, first)
}

function expectSameRoute(route: Target['route'], first: (name: string) => string): void {
  if (first('proxycommand') !== '') {
    expect(route.kind).toBe('command')
    // The shell that runs it shows what the tokens became.
    const command = route.kind === 'command' ? route.command : ''
    const tokens = new Map([
      ['%h', first('hostname')],
      ['%p', first('port')],
      ['%r', first('user')],
      ['%n', first('host')],
      ['%%', '%'],
    ])
    expect(command).toBe(first('proxycommand').replaceAll(/%./g, (token) => tokens.get(token) ?? '?'))
  } else if (first('proxyjump') === '') {
    const family = { inet: 4, inet6: 6 }[first('addressfamily')] ?? 0
    expect(route).toEqual({
      kind: 'direct',
      addressFamily: family,
      bindAddress: first('bindaddress') || null,
    })
  } else {
    expect(route.kind).toBe('jump')
  }
}

/** A jump host is what ssh makes of it when it calls itself: by the last of the hosts, through the others. */
function expectSameJumps(target: Target, jump: string, file: string, builtIn: Map<string, string[]>): void {
  if (target.route.kind !== 'jump') return
  const hops = jump.split(',')
  const [, user, name = '', port] = /^(?:ssh:\/\/)?(?:(.*)@)?([^:]+)(?::(\d+))?$/.exec(hops.pop() ?? '') ?? []
  const words = [
    ...['-F', file],
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', port]),
    ...(hops.length === 0 ? [] : ['-J', hops.join(',')]),
    name,
  ]
  const said = askSsh(words)
  expectSame(target.route.through, said, builtIn)
  expectSameJumps(target.route.through, said.get('proxyjump')?.[0] ?? '', file, builtIn)
}

test(`${runs} generated configurations, ${names.length} hosts each, come to what ssh -G says`, async () => {
  const builtIn = askSsh(['-F', 'none', 'localhost'])
  const file = join(folder, 'config')
  let compared = 0
  await fc.assert(
    fc.asyncProperty(
      sshConfigs(folder),
      fc.constantFrom('', '-l someone', '-p 99 -o User=x'),
      async (text, more) => {
        writeFileSync(file, text)
        const reader = new SshConfigReader()
        for (const name of names) {
          const words = ['-F', file, ...more.split(' ').filter(Boolean), name]
          let said: Map<string, string[]>
          try {
            said = askSsh(words)
          } catch {
            // ssh refuses the file, or a host that is its own jump host: so do we.
            await expect(
              targetOf(host(name, `-F ${file} ${more}`), { ...defaults, sshConfig: reader }),
            ).rejects.toThrow('ssh says')
            continue
          }
          // A jump host in a circle is found when ssh runs itself; ours is found before.
          const target = await targetOf(host(name, `-F ${file} ${more}`), {
            ...defaults,
            sshConfig: reader,
          }).catch((error: Error) => error)
          if (target instanceof Error) {
            expect(target.message).toMatch(/jumphost loop|leads through more than/)
            continue
          }
          expectSame(target, said, builtIn)
          expectSameJumps(target, said.get('proxyjump')?.[0] ?? '', file, builtIn)
          compared += 1
        }
      },
    ),
    { numRuns: runs, seed: 4 },
  )
  console.log(`${compared} hosts compared`)
  expect(compared).toBeGreaterThan(runs * 2)
})

test('the tokens of key files are filled in as ssh fills them in', async () => {
  const file = join(folder, 'tokens')
  const path = `${folder}/%%-%d-%h-%i-%k-%L-%l-%n-%p-%r-%u-%C`.replaceAll('%d-', '')
  writeFileSync(
    file,
    `Host h1\n HostName other.example\n Port 44\n User who\n IdentityFile ${path}\nHost *\n IdentityFile ~/%n\n IdentityFile %d/x`,
  )
  for (const name of ['h1', 'h2']) {
    const { identityFiles: ours } = await targetOf(host(name, `-F ${file}`), defaults)
    expect(ours).toEqual(identityFiles(['-F', file, name]))
  }
})

test('arguments alone are understood without ssh as ssh -G understands them', async () => {
  const quiet = join(folder, 'quiet')
  writeFileSync(quiet, 'Host *\n  Compression no\n')
  const asked = { ...defaults, sshConfigFiles: [], sshConfig: new SshConfigReader() }
  const alone = { ...asked, sshConfig: new SshConfigReader('/nowhere/ssh') }
  await fc.assert(
    fc.asyncProperty(sshArguments(folder), async (args) => {
      const own = await targetOf(host('h1', args), alone)
      const theirs = await targetOf(host('h1', `${args} -F ${quiet}`), asked)
      expect(withoutWords(own)).toEqual(withoutWords(theirs))
    }),
    { numRuns: runs, seed: 5 },
  )
})

/** The words for ssh itself name the file that the other one has not. */
function withoutWords(target: Target): unknown {
  return JSON.parse(JSON.stringify(target, (key, value: unknown) => (key === 'sshArguments' ? null : value)))
}

test('what ssh does not take is refused before any host is contacted', async () => {
  const file = join(folder, 'broken')
  writeFileSync(file, 'Host *\n  Prot 22\n')
  await expect(targetOf(host('h1', `-F ${file}`), defaults)).rejects.toThrow(/ssh says: .*line 2.*prot/i)
  await expect(targetOf(host('h1', '-o Foo=bar'), defaults)).rejects.toThrow(/ssh says: .*foo/i)
})
