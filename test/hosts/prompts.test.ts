import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnTerminal, startTerminal } from '../golden/own-terminal.ts'
import { runProgram } from '../golden/run-program.ts'
import { operatorFolder, password, startLoginHost } from './login-sshd.ts'

/** Questions that a person answers at a real terminal, at real sshds. The runs only plan. */

let folder: string
let home: string
let remove: () => void
beforeAll(() => {
  ;({ folder, home, remove } = operatorFolder())
})
afterAll(() => remove())

const program = join(import.meta.dirname, '../../dist/cli.js')
let terminals = 0

/** `conntrackctl plan` at one host, on a terminal; its exit status is seen at the end, and what stty says then. */
function planAt(port: number, vars: string, ...words: string[]): OwnTerminal {
  terminals += 1
  const inventory = join(folder, `inventory-${terminals}`)
  writeFileSync(inventory, `asked ansible_host=127.0.0.1 ansible_port=${port} ${vars}\n`)
  const run = [process.execPath, program, 'plan', join(folder, 'play.yml'), '-i', inventory, ...words]
  const state = join(folder, `state-${terminals}`)
  const command = `cd ${folder}; export HOME=${home} SSH_AUTH_SOCK=; stty -a >before; ${run.join(' ')} -vvv --state-dir ${state}; status=$?; stty -a >after; cmp before after && echo "status $status, terminal as before"`
  return startTerminal(folder, command, 60)
}

function knowHost(port: number): void {
  appendFileSync(
    join(home, '.ssh', 'known_hosts'),
    `[127.0.0.1]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`,
  )
}

const noKeys = ['PubkeyAuthentication no', 'PasswordAuthentication yes']
const withCodes = [
  'UsePAM yes',
  'PubkeyAuthentication no',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication yes',
]
const done = /status 10, terminal as before/

describe('passwords', () => {
  test('-k and -K: the first is good for both, and nothing of it is shown', async () => {
    const { port } = await startLoginHost(folder, noKeys)
    knowHost(port)
    const { until, type, press, seeAll } = planAt(port, 'ansible_user=tess ansible_become=yes', '-k', '-K')
    await until(/^SSH password: *$/m)
    type('not this one')
    press('C-u')
    type(`${password}x`)
    press('BSpace', 'Enter')
    await until(/^BECOME password \(empty: the SSH password\): *$/m)
    press('Enter')
    await until(done)
    expect(seeAll()).not.toMatch(/battery|not this/)
  })

  test('a wrong one is a failure that says so', async () => {
    const { port } = await startLoginHost(folder, noKeys)
    knowHost(port)
    const { until, type, press, seeAll } = planAt(port, 'ansible_user=tess', '-k')
    await until(/^SSH password:/m)
    type('wr0ng-password')
    press('Enter')
    await until(/status 3, terminal as before/)
    expect(seeAll()).toMatch(/asked: unreachable[^]*auth[^]*password/)
    expect(seeAll()).not.toContain('wr0ng')
  })

  test('a wrong one for sudo too', async () => {
    const { port } = await startLoginHost(folder)
    knowHost(port)
    const vars = `ansible_user=tess ansible_become=yes ansible_private_key_file=${join(folder, 'user')}`
    const { until, type, press, seeAll } = planAt(port, vars, '-K')
    await until(/^BECOME password: *$/m)
    type('wr0ng-password')
    press('Enter')
    await until(/status 2, terminal as before/)
    expect(seeAll()).toContain('become_password at become: cannot become root on asked: sudo did not take')
    expect(seeAll()).not.toContain('wr0ng')
  })

  test.each([
    ['Ctrl-C', 'C-c'],
    ['Ctrl-C after some letters', 'a', 'b', 'C-c'],
  ])('%s at the question: status 130, and the terminal echoes again', async (_name, ...keys) => {
    const { until, press } = planAt(1, 'ansible_user=tess', '-k')
    await until(/^SSH password:/m)
    press(...keys)
    const screen = await until(/status 130, terminal as before/)
    expect(screen).not.toContain('fault of the program')
  })
})

describe('keys', () => {
  test('the passphrase of a key file, and a wrong one', async () => {
    const { port } = await startLoginHost(folder)
    knowHost(port)
    const passphrase = 'open sesame 4711'
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', join(folder, 'encrypted')])
    appendFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'encrypted.pub')))
    const vars = `ansible_user=root ansible_private_key_file=${join(folder, 'encrypted')}`
    const right = planAt(port, vars, '--ask-key-passphrase')
    await right.until(/^Passphrase of the private key: *$/m)
    right.type(passphrase)
    right.press('Enter')
    await right.until(done)
    expect(right.seeAll()).not.toContain('sesame')

    const wrong = planAt(port, vars, '--ask-key-passphrase')
    await wrong.until(/^Passphrase/m)
    wrong.type('close sesame')
    wrong.press('Enter')
    await wrong.until(/status 3, terminal as before/)
    expect(wrong.seeAll()).toMatch(/passphrase/)
    expect(wrong.seeAll()).not.toContain('sesame')
  })

  test('the key of a host that is not known: no is no, yes is remembered', async () => {
    const { port } = await startLoginHost(folder)
    const known = join(folder, 'asked_known_hosts')
    const checking = `-o StrictHostKeyChecking=ask -o UserKnownHostsFile=${known}`
    const vars = `ansible_user=root ansible_private_key_file=${join(folder, 'user')} ansible_ssh_common_args="${checking}"`
    const fingerprint = execFileSync('ssh-keygen', ['-lf', join(folder, 'host.pub')], {
      encoding: 'utf8',
    }).split(' ')[1]

    const no = planAt(port, vars)
    const question = await no.until(/\(yes\/no\)\?/)
    expect(question.replaceAll('\n', '')).toContain(fingerprint)
    no.type('no')
    no.press('Enter')
    await no.until(/status 3, terminal as before/)
    expect(no.seeAll()).toMatch(/host_key_unknown/)

    const yes = planAt(port, vars)
    await yes.until(/\(yes\/no\)\?/)
    yes.type('yes')
    yes.press('Enter')
    await yes.until(done)
    expect(readFileSync(known, 'utf8')).toMatch(new RegExp(`^\\[127\\.0\\.0\\.1\\]:${port} ssh-ed25519 `))
    // It is not asked for again.
    await planAt(port, vars).until(done)
  })
})

describe('a host that asks for one-time codes', () => {
  // RFC 4226, appendix D: the secret, and its first code.
  const seed = '3132333435363738393031323334353637383930'
  const code = '755224'

  beforeAll(() => {
    const auth = `auth required pam_unix.so\nauth required pam_oath.so usersfile=/etc/users.oath window=20 digits=6\n`
    const rest = ['account', 'session'].map((type) => `${type} required pam_permit.so\n`).join('')
    writeFileSync(join(folder, 'etc', 'pam.d', 'sshd'), auth + rest)
    writeFileSync(join(folder, 'etc', 'users.oath'), `HOTP tess - ${seed}\n`, { mode: 0o600 })
  })

  test('gets the password that it was given, and the code that a person types', async () => {
    const { port } = await startLoginHost(folder, withCodes)
    knowHost(port)
    const { until, type, press } = planAt(port, 'ansible_user=tess ansible_become=yes', '-k', '-K')
    await until(/^SSH password:/m)
    type(password)
    press('Enter')
    await until(/^BECOME/m)
    press('Enter')
    await until(/^asked: One-time password \(OATH\) for `tess': *$/m)
    type(code)
    press('Enter')
    await until(done)
  })

  test('a wrong code is a failure', async () => {
    const { port } = await startLoginHost(folder, withCodes)
    knowHost(port)
    const { until, type, press } = planAt(port, 'ansible_user=tess', '-k')
    await until(/^SSH password:/m)
    type(password)
    press('Enter')
    await until(/One-time password/)
    type('000000')
    press('Enter')
    await until(/status 3, terminal as before|One-time password[^]*One-time password/)
  })

  test('fails where nobody can be asked', async () => {
    const { port } = await startLoginHost(folder, withCodes)
    knowHost(port)
    const inventory = join(folder, 'unasked')
    writeFileSync(inventory, `asked ansible_host=127.0.0.1 ansible_port=${port} ansible_user=tess\n`)
    const { exitCode, stdout } = await runProgram(
      ['plan', join(folder, 'play.yml'), '-i', inventory, '--state-dir', join(folder, 'unasked-state')],
      { env: { PATH: process.env['PATH'] ?? '', HOME: home, CONNTRACKCTL_PASSWORD: password } },
    )
    expect(exitCode).toBe(3)
    expect(stdout).toContain("One-time password (OATH) for `tess':; nobody is there to answer")
  })
})

test('--ask-vault-pass: the password of the vault, and a wrong one', async () => {
  const { port } = await startLoginHost(folder, noKeys)
  knowHost(port)
  const vaultPassword = 'vault pass 0815'
  writeFileSync(join(folder, 'vault-password'), vaultPassword)
  const encrypted = execFileSync(
    'ansible-vault',
    [
      'encrypt_string',
      '--vault-password-file',
      join(folder, 'vault-password'),
      '--stdin-name',
      'ansible_password',
    ],
    { input: password, encoding: 'utf8' },
  )
  const groupVars = join(folder, 'group_vars')
  mkdirSync(groupVars, { recursive: true })
  writeFileSync(join(groupVars, 'vaulted.yml'), encrypted)
  const inventory = join(folder, 'vaulted.ini')
  writeFileSync(
    inventory,
    `[vaulted]\nv1 ansible_host=127.0.0.1 ansible_port=${port} ansible_user=tess ansible_become=yes ansible_become_password="{{ ansible_password }}"\n`,
  )
  for (const [typed, status] of [
    [vaultPassword, 10],
    ['no such vault', 65],
  ] as const) {
    const command = `cd ${folder}; export HOME=${home}; ${process.execPath} ${program} plan play.yml -i ${inventory} -J --state-dir vault-state; echo "status $?"`
    const { until, type, press, seeAll } = startTerminal(folder, command, 60)
    await until(/Vault password/i)
    type(typed)
    press('Enter')
    await until(new RegExp(`status ${status}`))
    expect(seeAll()).not.toMatch(/0815|no such vault/)
  }
})

describe.each([
  ['-k', '--connection-password-file'],
  ['-K', '--become-password-file'],
  ['--ask-key-passphrase', '--key-passphrase-file'],
  ['-J', '--vault-password-file'],
  ['--vault-id=dev@prompt', '--vault-id dev@FILE'],
])('%s without a terminal', (option, instead) => {
  test.each([
    ['in a run', ['plan'], 'asks on a terminal, and there is none'],
    ['under cron', ['plan', '--cron'], 'asks on a terminal, and there is none'],
    ['in a job', ['schedule', '--every', '1h'], 'a job has nobody to ask'],
  ] as const)(`%s is refused at once, and names ${instead}`, async (_name, command, why) => {
    const words = [...command, join(folder, 'play.yml'), '-i', '127.0.0.1,', option]
    const { exitCode, stderr } = await runProgram([...words, '--state-dir', join(folder, 'no-terminal')])
    expect(exitCode).toBe(64)
    expect(stderr).toContain(why)
    expect(stderr).toContain(instead)
  })
})
