import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promptKind } from './answer-prompts.ts'
import type { Ask } from './ask.ts'
import { printable } from '../printable.ts'
import type { Secret } from './secret.ts'
import { quote } from './quote.ts'
import type { Target } from './target.ts'

/** Answers what one ssh asks for. */
export interface Askpass {
  /** For the environment of that ssh; no secret is in them. */
  readonly variables: readonly string[]
  readonly close: () => void
}

/** Sends a prompt to the socket and prints the answer; an empty one is none. */
const client = `import { connect } from 'node:net'
const [, , path, prompt = ''] = process.argv
const socket = connect(path)
let answer = ''
socket.setEncoding('utf8')
socket.on('data', (text) => (answer += text))
socket.on('error', () => process.exit(1))
socket.on('end', () => {
  if (answer === '') process.exit(1)
  process.stdout.write(answer.slice(1) + '\\n')
})
socket.end(prompt)
`

/** Prompts are short; a longer one is not from ssh. */
const promptCharacters = 8192

/**
 * Stands by to answer an ssh that has no terminal, by the program that SSH_ASKPASS names: the secrets pass over a
 * socket in a folder that only this user can enter, and stand in no argument and no environment. ssh2 has no part in it.
 */
export function startAskpass(target: Target, ask: Ask | null, signal: AbortSignal): Promise<Askpass> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-'))
  const socketPath = join(folder, 'socket')
  const program = join(folder, 'askpass')
  const clientPath = join(folder, 'client.mjs')
  writeFileSync(clientPath, client, { mode: 0o600 })
  const words = [process.execPath, clientPath, socketPath].map(quote).join(' ')
  writeFileSync(program, `#!/bin/sh\nexec ${words} "$1"\n`)
  chmodSync(program, 0o700)

  const answer = answerer(target, ask, signal)
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, answer))
  const close = (): void => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(socketPath, () => {
      server.unref()
      const variables = [`SSH_ASKPASS=${program}`, 'SSH_ASKPASS_REQUIRE=force', 'DISPLAY=none']
      resolve({ variables, close })
    })
  })
}

function serve(socket: Socket, answer: (prompt: string) => Promise<string | null>): void {
  let prompt = ''
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('data', (text: string) => (prompt = (prompt + text).slice(0, promptCharacters)))
  socket.on('end', () => {
    answer(prompt).then(
      (text) => socket.end(text === null ? '' : `=${text}`),
      () => socket.destroy(),
    )
  })
}

/** Each secret is given once: who asks again has not taken it. */
function answerer(
  target: Target,
  ask: Ask | null,
  signal: AbortSignal,
): (prompt: string) => Promise<string | null> {
  const given = new Set<Secret>()
  const once = (secret: Secret | null): string | null => {
    if (secret === null || given.has(secret)) return null
    given.add(secret)
    return secret.reveal()
  }
  return async (prompt) => {
    if (prompt.startsWith('Enter passphrase for')) {
      const known = once(target.passphrase)
      if (known !== null) return known
    } else if (promptKind({ prompt }) === 'password' && isOfTarget(prompt, target)) {
      const known = once(target.password)
      if (known !== null) return known
    }
    if (ask === null) return null
    const isShown = /\(yes\/no/.test(prompt)
    const text = prompt.trim().split(/\r?\n/).map(printable).join(' ').slice(0, 1000)
    return ask({ host: target.name, text, isShown }, signal)
  }
}

/** A jump host that ssh logs in to on its way asks by the same program: the password is none of its business. */
function isOfTarget(prompt: string, { user, address, route, sshArguments }: Target): boolean {
  const [, asker] = /(?:^|\()([^\s()']+@[^\s()']+)(?:'s|\))/.exec(prompt) ?? []
  if (asker === undefined) return route.kind === 'direct'
  return [address, sshArguments.at(-1)].some((name) => asker === `${user}@${name}`)
}
