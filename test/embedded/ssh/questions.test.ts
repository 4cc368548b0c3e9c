import type { AuthContext } from 'ssh2'
import { expect, test } from 'vitest'
import type { Question } from '../../../src/ssh/ask.ts'
import { Bastions } from '../../../src/ssh/bastions.ts'
import { Secret } from '../../../src/ssh/secret.ts'
import { attempt, failureOf, never } from './attempt.ts'
import { startFakeHost, targetAt } from './fake-host.ts'

/** Asks for the password and for a code, whose prompt would clear a terminal. */
function twoQuestions(context: AuthContext): void {
  if (context.method !== 'keyboard-interactive') {
    context.reject(['keyboard-interactive'])
    return
  }
  const prompts = [
    { prompt: 'Password: ', echo: false },
    { prompt: '\u001b[2JVerification code: ', echo: false },
  ]
  context.prompt(prompts, (answers) => {
    if (answers.join() === 'pw,123456') context.accept()
    else context.reject(['keyboard-interactive'])
  })
}

test('a one-time code is asked of a person, the password is not', async () => {
  const port = await startFakeHost({ authenticate: twoQuestions })
  const target = targetAt(port, { identityFiles: [], password: new Secret('pw') })
  const asked: Question[] = []
  const ask = (question: Question): Promise<string> => {
    asked.push(question)
    return Promise.resolve('123456')
  }
  await using bastions = new Bastions({ random: () => 0, ask, keepOpen: true })
  expect(await attempt(target, 'echo done', never, bastions)).toContain('done')
  expect(asked).toEqual([{ host: 'fake', text: String.raw`\x1b[2JVerification code:`, isShown: false }])
})

test('a one-time code that nobody can be asked for is a failure of its own', async () => {
  const port = await startFakeHost({ authenticate: twoQuestions })
  const target = targetAt(port, { identityFiles: [], password: new Secret('pw') })
  const failure = await failureOf(attempt(target))
  expect(failure).toMatchObject({ kind: 'prompt', stage: 'login' })
  expect(failure.message).toContain('Verification code:; nobody is there to answer')
})

test('a ProxyCommand that never speaks SSH and never ends is refused, with bounded memory', async () => {
  const target = targetAt(1, { route: { kind: 'command', command: 'yes no-ssh-here' } })
  const before = process.memoryUsage().rss
  const failure = await failureOf(attempt({ ...target, limits: { ...target.limits, loginSeconds: 2 } }))
  expect(failure.stage).toMatch(/login|connect/)
  expect(failure.kind).toMatch(/protocol|timeout|proxy_command/)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
})
