import { InputError } from '../problem.ts'
import type { Ask } from '../ssh/ask.ts'
import { Secret } from '../ssh/secret.ts'
import { nobodyToAsk } from '../secrets/nobody-to-ask.ts'
import { readPasswordFile } from '../secrets/read-password-file.ts'
import { fileOptions } from './ask-options.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'
import { terminalAsk } from './terminal.ts'

/** What opens doors on the way to a host; null where nobody gave it. */
export interface LoginSecrets {
  readonly password: Secret | null
  readonly becomePassword: Secret | null
  readonly passphrase: Secret | null
}

interface Source {
  readonly option: '--ask-pass' | '--ask-become-pass' | '--ask-key-passphrase'
  readonly asks: boolean
  readonly prompt: string
  readonly file: string | undefined
  readonly variable: string
}

/**
 * The password, the one for sudo and the passphrase of a run: asked for on the terminal, from a file or a program, or
 * from the environment, in this order. Throws UsageError, InputError.
 */
export async function readLoginSecrets(options: RunOptions, context: RunContext): Promise<LoginSecrets> {
  const { env } = context
  const ask = terminalAsk(context, options)
  const password = await readSecret(
    {
      option: '--ask-pass',
      asks: options.askPass === true,
      prompt: 'SSH password:',
      file: options.connPassFile ?? env['ANSIBLE_CONNECTION_PASSWORD_FILE'],
      variable: 'CONNTRACKCTL_PASSWORD',
    },
    ask,
    context,
  )
  const becomePassword = await readSecret(
    {
      option: '--ask-become-pass',
      asks: options.askBecomePass === true,
      prompt: password === null ? 'BECOME password:' : 'BECOME password (empty: the SSH password):',
      file: options.becomePassFile ?? env['ANSIBLE_BECOME_PASSWORD_FILE'],
      variable: 'CONNTRACKCTL_BECOME_PASSWORD',
    },
    ask,
    context,
  )
  const passphrase = await readSecret(
    {
      option: '--ask-key-passphrase',
      asks: options.askKeyPassphrase === true,
      prompt: 'Passphrase of the private key:',
      file: options.keyPassphraseFile,
      variable: 'CONNTRACKCTL_KEY_PASSPHRASE',
    },
    ask,
    context,
  )
  const asked = options.askBecomePass === true && becomePassword === null
  return { password, becomePassword: asked ? password : becomePassword, passphrase }
}

async function readSecret(
  { option, asks, prompt, file, variable }: Source,
  ask: Ask | null,
  { cwd, home, env, secrets, stderr, stopping }: RunContext,
): Promise<Secret | null> {
  if (asks) {
    if (ask === null) throw nobodyToAsk(option, fileOptions[option])
    const typed = await ask({ host: '', text: prompt, isShown: false }, stopping)
    return typed === '' ? null : new Secret(typed)
  }
  if (file !== undefined && file !== '') {
    const read = await readPasswordFile({ path: file, takes: 'line' }, { cwd, home, env })
    if (!read.ok) throw new InputError([read.problem])
    if (read.warning !== null) stderr.write(`conntrackctl: ${read.warning}\n`)
    return read.secret
  }
  const value = secrets?.[variable]
  return value === undefined || value === '' ? null : new Secret(value)
}
