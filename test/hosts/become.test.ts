import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSession } from '../../src/ssh/open-session.ts'
import { Secret } from '../../src/ssh/secret.ts'
import type { Become, Target } from '../../src/ssh/target.ts'
import { attempt, failureOf, marks, never, script } from '../embedded/ssh/attempt.ts'
import { loginFolder, loginTarget, password, startLoginHost } from './login-sshd.ts'

/** sudo, su and doas as Debian has them, each behind a real sshd, over both transports that reach one. */

let folder: string
let remove: () => void
beforeAll(() => ({ folder, remove } = loginFolder()))
afterAll(() => remove())

const secret = new Secret(password)
const wrong = new Secret('not the password')

function become(method: Become['method'], given: Secret | null, changes: Partial<Become> = {}): Become {
  return { method, user: 'root', program: method, flags: null, password: given, ...changes }
}

describe.for(['ssh2', 'openssh'] as const)('over %s', (transport) => {
  async function targetOf(user: string, as: Become, changes: Partial<Target> = {}): Promise<Target> {
    const { port } = await startLoginHost(folder)
    return loginTarget(folder, port, { user, transport, become: as, ...changes })
  }

  test.for([
    ['sudo without a password', 'free', become('sudo', null)],
    ['sudo that is given a password it does not want', 'free', become('sudo', secret)],
    ['sudo with a password', 'tess', become('sudo', secret)],
    ['sudo with a password and a lecture', 'lectured', become('sudo', secret)],
    ['sudo with flags', 'tess', become('sudo', secret, { flags: ['-H', '-S', '-n'] })],
    ['sudo by its path', 'tess', become('sudo', secret, { program: '/usr/bin/sudo' })],
    ['sudo from csh', 'csh', become('sudo', secret)],
    ['sudo from fish', 'fish', become('sudo', secret)],
    ['sudo behind a greeting of 1 MB', 'chatty', become('sudo', secret)],
    ['sudo with requiretty', 'ttyonly', become('sudo', secret)],
    ['sudo with requiretty and without a password', 'ttyfree', become('sudo', null)],
    ['su', 'tess', become('su', secret)],
    ['su from csh', 'csh', become('su', secret)],
    ['doas without a password', 'free', become('doas', null)],
    ['doas with a password', 'tess', become('doas', secret)],
    ['doas from csh', 'csh', become('doas', secret)],
  ] as const)('%s', async ([, user, as]) => {
    await using session = await openSession(await targetOf(user, as), never)
    const first = await session.exchange(script('kept=value; echo noise >&2; id -un'), marks, 'read')
    expect(first).toBe(`root\n\n${marks.end} 0\n`)
    expect(await session.exchange(script('echo $kept'), marks, 'apply')).toBe(`value\n\n${marks.end} 0\n`)
  })

  test('a megabyte passes through a terminal as it is', async () => {
    const text = 'zwölf\tBoxkämpfer 漢字 \\ $x `y` \u0001\u0003\u0004\n'.repeat(20_000)
    const limits = { ...loginTarget(folder, 1).limits, outputBytes: 8_000_000, commandSeconds: 60 }
    const target = await targetOf('ttyonly', become('sudo', secret), { limits, tty: true })
    const answer = await attempt(target, `cat <<'EOF'\n${text}EOF\ntrue`)
    expect(answer).toBe(`${text}\n${marks.end} 0\n`)
  })

  test.for([
    ['sudo', 'wrong password', 'tess', become('sudo', wrong), 'become_password', /did not take the password/],
    ['sudo', 'no password', 'tess', become('sudo', null), 'become_password', /a password is asked for/],
    ['sudo', 'no rule', 'nosudo', become('sudo', secret), 'become', /nosudo may not/],
    [
      'sudo',
      'wrong password on a terminal',
      'ttyonly',
      become('sudo', wrong),
      'become_password',
      /did not take/,
    ],
    ['sudo', 'no such user', 'free', become('sudo', null, { user: 'nobodyx' }), 'become', /unknown user/],
    ['sudo', 'no such program', 'free', become('sudo', null, { program: 'zudo' }), 'become', /zudo/],
    [
      'su',
      'wrong password',
      'tess',
      become('su', wrong),
      'become_password',
      /password was not taken|did not take the password/,
    ],
    ['su', 'no password', 'tess', become('su', null), 'become_password', /none is given/],
    [
      'doas',
      'wrong password',
      'tess',
      become('doas', wrong),
      'become_password',
      /password was not taken|did not take the password/,
    ],
    ['doas', 'no password', 'tess', become('doas', null), 'become_password', /none is given/],
    ['doas', 'no rule', 'nosudo', become('doas', secret), 'become', /nosudo may not/],
  ] as const)('%s: %s has a failure of its own', async ([, , user, as, kind, message]) => {
    const failure = await failureOf(attempt(await targetOf(user, as)))
    expect(`${failure.kind} ${failure.stage}: ${failure.message}`).toMatch(
      new RegExp(`^${kind} become: .*(${message.source})`),
    )
    expect(failure.hint).not.toBe('')
    expect(`${failure.message}${failure.hint}`).not.toContain('not the password')
  })
})
