import * as fc from 'fast-check'

/** Texts of ssh_config with what operators write there; `folder` is where their paths lead. */
export function sshConfigs(folder: string): fc.Arbitrary<string> {
  const option = fc.oneof(
    line('HostName', '%h.example.net', '10.1.2.3', 'real-%h', '2001:db8::7'),
    line('User', 'ops', 'deploy', 'root'),
    line('Port', '22', '2222', '65535'),
    line('IdentityFile', `${folder}/id_%r_%h`, '~/.ssh/%u-%n', `"${folder}/with blank"`, '%d/key_%p_%i'),
    line('IdentitiesOnly', 'yes', 'no'),
    line('IdentityAgent', 'none', 'SSH_AUTH_SOCK', `${folder}/agent-%r`),
    line('ProxyJump', 'b1', 'ops@b1:2200,b2', 'none', 'ssh://me@b3:77'),
    line('ProxyCommand', 'nc -x proxy:1080 %h %p', 'ssh -W [%h]:%p -l %r b2', 'none', 'echo 100%% %n'),
    line('UserKnownHostsFile', `${folder}/kh`, '~/.ssh/kh_%h /dev/null', 'none'),
    line('GlobalKnownHostsFile', `${folder}/global ${folder}/global2`),
    line('HostKeyAlias', 'alias', 'Alias.Example'),
    line('StrictHostKeyChecking', 'yes', 'no', 'ask', 'accept-new', 'off'),
    line('ConnectTimeout', '7', '1m', 'none'),
    line('ServerAliveInterval', '15', '0'),
    line('ServerAliveCountMax', '2', '5'),
    line(
      'Ciphers',
      'aes256-ctr,aes128-ctr',
      '+aes128-cbc',
      '-chacha20-poly1305@openssh.com',
      '^aes256-gcm@openssh.com',
    ),
    line('KexAlgorithms', 'curve25519-sha256', '+diffie-hellman-group14-sha1'),
    line('MACs', 'hmac-sha2-256', '^hmac-sha2-512'),
    line('HostKeyAlgorithms', 'ssh-ed25519', '+ssh-rsa', '-ecdsa*'),
    line('AddressFamily', 'inet', 'inet6', 'any'),
    line('BindAddress', '127.0.0.3'),
    line('RequestTTY', 'force', 'auto', 'no'),
    line('PubkeyAuthentication', 'no', 'yes'),
    line('PreferredAuthentications', 'publickey', 'password,publickey'),
    line('Compression', 'yes'),
    line('ForwardAgent', 'yes'),
    line('CanonicalizeHostname', 'no'),
  )
  const head = fc.constantFrom(
    'Host *',
    'Host h1',
    'Host h1 h2',
    'Host h? !h2',
    'Host *.net 10.*',
    'Host b*',
    'Match all',
    'Match host h1,h3',
    'Match host *.net',
    'Match user ops',
    'Match originalhost h2',
    `Match exec "test %n = h3"`,
    'Match final all',
    'Match localuser root',
  )
  const block = fc
    .tuple(head, fc.array(option, { maxLength: 5 }))
    .map(([first, lines]) => [first, ...lines.map((one) => `  ${one}`)].join('\n'))
  const included = fc.constantFrom('', `Include ${folder}/included.conf`, `Include ${folder}/parts/*.conf`)
  return fc
    .tuple(fc.array(option, { maxLength: 2 }), included, fc.array(block, { minLength: 1, maxLength: 5 }))
    .map(([lines, include, blocks]) => `${[...lines, include, ...blocks].join('\n')}\n`)
}

/** Arguments of ssh as they stand in `ansible_ssh_common_args`, of which none needs ssh to be understood. */
export function sshArguments(folder: string): fc.Arbitrary<string> {
  const word = fc.constantFrom(
    '-o User=ops',
    '-l deploy',
    '-p 2222',
    '-o Port=22',
    `-i ${folder}/key`,
    `-o "IdentityFile ${folder}/id_%r_%h"`,
    '-J ops@b1:2200,b2',
    '-o ProxyJump=none',
    `-o ProxyCommand="nc -x proxy %h %p"`,
    `-o 'UserKnownHostsFile=${folder}/kh_%h /dev/null'`,
    '-o StrictHostKeyChecking=accept-new',
    '-o ConnectTimeout=7',
    '-o ConnectTimeout=2m',
    '-o ServerAliveInterval=9',
    '-o HostKeyAlias=alias',
    '-o IdentitiesOnly=yes',
    '-o IdentityAgent=none',
    `-o IdentityAgent=${folder}/agent-%h`,
    '-o Ciphers=aes256-ctr,aes128-ctr',
    '-4',
    '-b 127.0.0.3',
    '-C -q',
    '-o PubkeyAuthentication=no',
    '-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no',
  )
  return fc.array(word, { maxLength: 7 }).map((words) => words.join(' '))
}

function line(name: string, ...values: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...values), fc.constantFrom(' ', '=', ' = '), fc.boolean())
    .map(([value, between, isLower]) => `${isLower ? name.toLowerCase() : name}${between}${value}`)
}
