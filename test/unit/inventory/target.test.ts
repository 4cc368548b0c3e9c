import { describe, expect, test } from 'vitest'
import { sudoTo } from '../../../src/ssh/become.ts'
import { directTarget } from '../../../src/ssh/direct-target.ts'
import type { Host } from '../../../src/inventory/inventory.ts'
import { targetOf, targetsOf, type ConnectionDefaults } from '../../../src/inventory/target.ts'
import { Secret } from '../../../src/ssh/secret.ts'
import { SshConfigReader } from '../../../src/ssh/ssh-config.ts'
import { InputError } from '../../../src/problem.ts'

const defaults: ConnectionDefaults = {
  user: null,
  loginName: 'me',
  port: null,
  identityFiles: [],
  usualIdentityFiles: ['/home/me/.ssh/id_ed25519'],
  agentSocket: '/run/agent',
  hostKeys: {
    checking: 'yes',
    knownHostsFiles: ['/home/me/.ssh/known_hosts'],
    globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts'],
  },
  transport: 'ssh2',
  become: null,
  becomeAs: sudoTo('root'),
  limits: {
    connectSeconds: 10,
    loginSeconds: 20,
    commandSeconds: 60,
    keepaliveSeconds: 5,
    outputBytes: 1_000_000,
  },
  home: '/home/me',
  cwd: '/srv',
  password: null,
  passphrase: null,
  timeoutSeconds: null,
  environment: {},
  sshConfig: new SshConfigReader('/nowhere/ssh'),
  sshConfigFiles: [],
  ownSshConfig: null,
  warn: () => {},
  sshCommonArgs: null,
}

function host(vars: Readonly<Record<string, unknown>>, name = 'web01'): Host {
  return { name, groups: ['web'], vars: { inventory_hostname: name, inventory_file: '/srv/hosts', ...vars } }
}

async function problems(hosts: readonly Host[], own: Partial<ConnectionDefaults> = {}): Promise<string> {
  try {
    await targetsOf(hosts, { ...defaults, ...own })
    return ''
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

test('a host without variables gets the defaults', async () => {
  expect(await targetOf(host({}), defaults)).toEqual({
    ...directTarget,
    name: 'web01',
    address: 'web01',
    port: 22,
    user: 'me',
    identityFiles: ['/home/me/.ssh/id_ed25519'],
    agentSocket: '/run/agent',
    hostKeys: {
      checking: 'yes',
      knownHostsFiles: ['/home/me/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'],
    },
    sshArguments: ['web01'],
    become: null,
    limits: defaults.limits,
  })
})

describe('who wins', () => {
  const commandLine = { user: 'cli', port: 1, identityFiles: ['/cli'], sshCommonArgs: '-o User=args -p 3' }

  test('the command line over the defaults, over ssh arguments of the same meaning', async () => {
    expect(await targetOf(host({}), { ...defaults, ...commandLine })).toMatchObject({
      user: 'cli',
      port: 1,
      identityFiles: ['/cli'],
    })
  })

  test('ssh arguments over the defaults, the first one counting', async () => {
    const sshCommonArgs =
      '-o User=args -p 3 -l other -i key -o "UserKnownHostsFile=~/a /b" -o StrictHostKeyChecking=accept-new -o ConnectTimeout=4'
    expect(await targetOf(host({}), { ...defaults, sshCommonArgs })).toMatchObject({
      user: 'args',
      port: 3,
      identityFiles: ['/srv/key'],
      hostKeys: {
        checking: 'accept-new',
        knownHostsFiles: ['/home/me/a', '/b', '/etc/ssh/ssh_known_hosts'],
      },
      limits: { ...defaults.limits, connectSeconds: 4 },
    })
  })

  test('the inventory over the command line, ansible_ssh_x over ansible_x', async () => {
    const vars = {
      ansible_host: '192.0.2.1',
      ansible_ssh_host: '[2001:db8::1]',
      ansible_user: 'short',
      ansible_ssh_user: 'long',
      ansible_port: '2222',
      ansible_private_key_file: '~/keys/%n',
      ansible_ssh_common_args: '-i /extra -o IdentitiesOnly=yes',
      ansible_host_key_checking: 'False',
      ansible_ssh_timeout: 7,
    }
    expect(await targetOf(host(vars), { ...defaults, ...commandLine })).toMatchObject({
      address: '2001:db8::1',
      user: 'long',
      port: 2222,
      // What ssh is given is the address, so that is what %n means.
      identityFiles: ['/home/me/keys/2001:db8::1', '/extra'],
      agentSocket: '/run/agent',
      identitiesOnly: true,
      hostKeys: { checking: 'no' },
      limits: { ...defaults.limits, connectSeconds: 7 },
    })
  })

  test('ansible_ssh_args over all, as ssh reads them first', async () => {
    const vars = {
      ansible_ssh_args: '-C -o ControlMaster=auto -o ControlPersist=60s -p 5',
      ansible_port: 6,
      ansible_ssh_extra_args: '-p 7 -l extra',
    }
    expect(await targetOf(host(vars), defaults)).toMatchObject({ port: 5, user: 'extra' })
  })
})

describe('secrets', () => {
  const given = { ...defaults, password: new Secret('of all'), passphrase: new Secret('phrase') }

  test('of the host over those of the run', async () => {
    expect((await targetOf(host({}), given)).password?.reveal()).toBe('of all')
    const { password } = await targetOf(host({ ansible_ssh_pass: 'its own', ansible_password: 'x' }), given)
    expect(password?.reveal()).toBe('its own')
  })

  test('are not for a jump host, nor for a host that shall get none', async () => {
    const { route } = await targetOf(host({ ansible_ssh_common_args: '-J ops@bastion:2222' }), given)
    expect(route).toMatchObject({
      kind: 'jump',
      through: { address: 'bastion', port: 2222, user: 'ops', password: null, passphrase: given.passphrase },
    })
    const sshCommonArgs = '-o PreferredAuthentications=publickey'
    expect((await targetOf(host({}), { ...given, sshCommonArgs })).password).toBeNull()
  })
})

test('without ssh on this machine the plain options work, jump hosts too, and the others are errors', async () => {
  const args = '-J a,b:2 -o BindAddress=192.0.2.9 -4 -o ServerAliveInterval=5 -o ServerAliveCountMax=2'
  expect(await targetOf(host({ ansible_ssh_common_args: args }), defaults)).toMatchObject({
    route: {
      through: { address: 'b', port: 2, user: 'me', route: { kind: 'jump', through: { address: 'a' } } },
    },
    limits: { keepaliveSeconds: 5, keepaliveTimes: 2 },
  })
  const command = '-o "ProxyCommand=nc -x proxy %h %p"'
  expect((await targetOf(host({ ansible_ssh_common_args: command }), defaults)).route).toEqual({
    kind: 'command',
    command: 'nc -x proxy web01 22',
  })
  const evil = host({ ansible_ssh_common_args: command, ansible_user: '$(reboot)', ansible_host: 'a;b' })
  expect(await problems([evil])).toContain('would go into a shell with the ProxyCommand')
  expect(await problems([host({ ansible_ssh_common_args: '-o Ciphers=+aes128-cbc' })])).toContain(
    "ciphers=+aes128-cbc is for the system's ssh to read, and there is none on this machine",
  )
  expect(await problems([host({ ansible_ssh_common_args: '-o RevokedHostKeys=/krl' })])).toContain(
    'revokedhostkeys is set',
  )
})

describe('become', () => {
  const asRoot = sudoTo('root')
  test.each([
    [{}, null, null],
    [{}, asRoot, asRoot],
    [{ ansible_become: 'no' }, asRoot, null],
    [{ ansible_become: true }, null, asRoot],
    [{ ansible_become: 'yes', ansible_become_user: 'netops' }, null, sudoTo('netops')],
    [{ ansible_become_user: 'netops' }, null, null],
    [{ ansible_user: 'root' }, asRoot, null],
    [{ ansible_become_flags: '-H -S -n' }, asRoot, { ...asRoot, flags: ['-H', '-S', '-n'] }],
    [
      { ansible_become_method: 'community.general.doas', ansible_doas_exe: '/opt/doas' },
      asRoot,
      { ...asRoot, method: 'doas', program: '/opt/doas' },
    ],
    [
      {
        ansible_become_method: 'su',
        ansible_become_pass: 'one',
        ansible_su_pass: 'two',
        ansible_su_user: 'x',
      },
      asRoot,
      { method: 'su', user: 'x', program: 'su', flags: null, password: new Secret('two') },
    ],
  ])('%j with %j', async (vars, become, expected) => {
    expect((await targetOf(host(vars), { ...defaults, become })).become).toEqual(expected)
  })
})

test('templates are filled from the variables of the host', async () => {
  const vars = {
    ansible_host: '{{ inventory_hostname }}.{{ site.domain }}',
    ansible_port: '{{ port }}',
    port: 2022,
  }
  expect(await targetOf(host({ ...vars, site: { domain: 'example.net' } }), defaults)).toMatchObject({
    address: 'web01.example.net',
    port: 2022,
  })
})

test('every problem of every host is told, and the same one of many hosts once', async () => {
  const many = Array.from({ length: 5 }, (_host, index) =>
    host({ ansible_become: true, ansible_become_method: 'runas' }, `db0${index}`),
  )
  const odd = host({
    ansible_connection: 'winrm',
    ansible_host: '-oProxyCommand=x',
    ansible_port: 70_000,
    ansible_user: { a: 1 },
    ansible_become: 'maybe',
    ansible_ssh_private_key_file: '{{ nowhere }}/key',
    ansible_ssh_common_args:
      '-o ProxyJump=bastion -o Ciphers=x -o StrictHostKeyChecking=perhaps -o "UserKnownHostsFile=~bob/%Z"',
    ansible_ssh_extra_args: ['x'],
  })
  expect(await problems([...many, odd])).toMatchInlineSnapshot(`
    "hosts: db00, db01, db02 and 2 more hosts: ansible_become_method is "runas", which is not one of sudo, su, doas; use one of these, or log in as the user to become
    hosts: web01: ansible_host is "-oProxyCommand=x", not an address or a name; give the address alone; user and port have variables of their own
    hosts: web01: ansible_connection is "winrm", by which no host can be reached here; use ssh, smart, paramiko, paramiko_ssh, ssh2, openssh, local, or leave these hosts out with --limit, e.g. 'all:!switches'
    hosts: web01: ansible_port is 70000, not a port from 1 to 65535; give it a port from 1 to 65535
    hosts: web01: ansible_user is a list or mapping, not text; give it text
    hosts: web01: ansible_ssh_private_key_file cannot be filled in: {{ nowhere }}: no variable nowhere is known; correct the template, or set what it refers to
    hosts: web01: ansible_ssh_extra_args is a list or mapping, not text; give it text
    hosts: web01: StrictHostKeyChecking is "perhaps", which ssh does not know; use yes, ask, accept-new or no
    hosts: web01: the path ~bob/%Z is in another user's home; write it out
    hosts: web01: the path ~bob/%Z holds %Z, which is not understood; write it out
    hosts: web01: ansible_become is "maybe", not yes or no; give it yes or no"
  `)
})

test('what is wrong with the option is said, even where a variable takes its place', async () => {
  const hosts = [host({ ansible_ssh_common_args: '-o ConnectTimeout=3' })]
  expect(await problems(hosts, { sshCommonArgs: '-W bastion:22' })).toContain('-W')
})

test('ten thousand hosts take no time to speak of', async () => {
  const hosts = Array.from({ length: 10_000 }, (_host, index) =>
    host(
      { ansible_ssh_common_args: '-o StrictHostKeyChecking=no', ansible_user: '{{ who }}', who: 'x' },
      `h${index}`,
    ),
  )
  const start = performance.now()
  expect(await targetsOf(hosts, defaults)).toHaveLength(10_000)
  expect(performance.now() - start).toBeLessThan(10_000)
})
