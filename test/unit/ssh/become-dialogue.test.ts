import { expect, test } from 'vitest'
import { BecomeDialogue } from '../../../src/ssh/become-dialogue.ts'
import { directTarget } from '../../../src/ssh/direct-target.ts'
import { Secret } from '../../../src/ssh/secret.ts'
import type { Become, Target } from '../../../src/ssh/target.ts'

function dialogue(method: Become['method'], program: string = method): BecomeDialogue {
  const target: Target = {
    ...directTarget,
    ...{ name: 'web', transport: 'local', address: 'web', port: 22, user: 'me', identityFiles: [] },
    hostKeys: { checking: 'yes', knownHostsFiles: [] },
    become: { method, user: 'root', program, flags: null, password: new Secret('hunter22') },
    limits: { connectSeconds: 1, loginSeconds: 1, commandSeconds: 1, keepaliveSeconds: 1, outputBytes: 1 },
  }
  return new BecomeDialogue(target, false, 'mark', 'prompt: ')
}

test.each([
  ['doas', 'doas', 'doas: ', 'Operation not permitted\n'],
  ['doas', '/usr/bin/doas', 'doas: ', 'Authentication failed\n'],
  ['su', 'su', 'su: ', 'Authentication failure\n'],
] as const)('%s (%s) complains in two pieces, and is told no password', (method, program, ...pieces) => {
  const talk = dialogue(method, program)
  for (const piece of pieces) expect(talk.hear('errors', Buffer.from(piece))).toEqual({ kind: 'more' })
})

test.each([
  ['doas', 'doas (me@web) password: '],
  ['su', 'Password: '],
  ['su', 'Lozinka: '],
  ['sudo', 'prompt: '],
] as const)('%s asks %j, also in two pieces, and is told it once', (method, question) => {
  for (const at of [0, question.length - 3]) {
    const talk = dialogue(method)
    expect(talk.hear('errors', Buffer.from(question.slice(0, at)))).toEqual({ kind: 'more' })
    expect(talk.hear('errors', Buffer.from(question.slice(at)))).toEqual({
      kind: 'answer',
      text: 'hunter22\n',
    })
    expect(talk.hear('errors', Buffer.from(question)).kind).toBe('failed')
  }
})
