import { HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import type { Question } from './ask.ts'
import type { Target } from './target.ts'

/** A prompt of the method `keyboard-interactive`. */
export interface Prompt {
  readonly prompt: string
  /** Whether the answer may be seen while it is typed. */
  readonly echo?: boolean
}

const newPassword =
  /\bnew\b.*password|password.*\bnew\b|re-?(type|enter)|confirm.*password|current\)?( unix)? password|password.*(expired|must be changed)|change your password/i
const oneTimeCode =
  /one[- ]?time|verification|\bcode\b|passcode|token|\b[ht]?otp\b|oath|2fa|mfa|factor|\bpin\b|yubikey|duo/i
const password =
  /password|passphrase|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord|parola|lösenord|hasło|heslo|пароль|密码|密碼|パスワード|암호|비밀번호/i

/** What a prompt is for: a password prompt hides its answer, and asks neither for a code nor for a new password. */
export function promptKind({ prompt, echo = false }: Prompt): 'password' | 'new password' | 'other' {
  if (newPassword.test(prompt)) return 'new password'
  if (echo || oneTimeCode.test(prompt)) return 'other'
  return password.test(prompt) ? 'password' : 'other'
}

/** What answers need beside the prompts. */
export interface Answering {
  readonly target: Target
  /** Null where nobody can be asked. */
  readonly ask: ((question: Question) => Promise<string>) | null
  /** True once the password has been given in this attempt: a second prompt for it means that it was wrong. */
  passwordGiven: boolean
}

/**
 * The answers to one round of prompts: the password to those that ask for it, all others by a person.
 * Throws HostFailure `auth`, `password_expired` or `prompt`.
 */
export async function answerPrompts(
  instructions: string,
  prompts: readonly Prompt[],
  answering: Answering,
): Promise<string[]> {
  const { target, ask } = answering
  const kinds = prompts.map(promptKind)
  if (kinds.includes('new password')) throw passwordExpired(target, instructions || prompts[0]?.prompt)
  const answers: string[] = []
  for (const [index, { prompt, echo = false }] of prompts.entries()) {
    const text = printable(prompt.trim()).slice(0, 200)
    if (kinds[index] === 'password' && target.password !== null) {
      if (answering.passwordGiven) throw wrongPassword(target, text)
      answering.passwordGiven = true
      answers.push(target.password.reveal())
    } else if (ask === null) {
      throw nobodyThere(target, text)
    } else {
      answers.push(await ask({ host: target.name, text, isShown: echo }))
    }
  }
  return answers
}

/** The host lets the user in with a new password only. */
export function passwordExpired(target: Target, said: string | undefined): HostFailure {
  const words =
    said === undefined || said.trim() === '' ? '' : `; it says: ${printable(said.trim()).slice(0, 200)}`
  const message = `the password of ${target.user} on ${target.name} has expired and must be changed${words}`
  const hint =
    'log in there once with ssh and change it, or log in with a key of a user whose password does not expire'
  return new HostFailure('password_expired', 'login', message, hint)
}

function wrongPassword(target: Target, text: string): HostFailure {
  const message = `${target.name} did not take the password of ${target.user}: it asks again: ${text}`
  return new HostFailure('auth', 'login', message, 'check the user and the password')
}

function nobodyThere(target: Target, text: string): HostFailure {
  const message = `${target.name} asks: ${text}; nobody is there to answer`
  const hint =
    'run on a terminal, where questions of hosts can be answered, give the password, or let this user in with a key alone'
  return new HostFailure('prompt', 'login', message, hint)
}
