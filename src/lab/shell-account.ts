import { spawnSync } from 'node:child_process'
import { InputError } from '../problem.ts'

/** Whom the hosts' shells run as. */
export interface ShellAccount {
  readonly uid: number
  readonly gid: number
}

/** `nobody` on Linux; a number is all that is needed, there may be no such user. */
const nobody: ShellAccount = { uid: 65_534, gid: 65_534 }

/** Whom to run shells as, and whether a read-only file is one to them. */
export interface ChosenAccount {
  /** Null: as who we are. */
  readonly account: ShellAccount | null
  readonly obeysModes: boolean
}

/**
 * Chooses whom the shells run as: not root, even when root starts the lab. No file is read-only for root, so
 * root would be shown other hosts than anybody else; and what is tried there need not be done by root.
 *
 * Throws InputError when the chosen account cannot enter `folder`.
 */
export function chooseAccount(folder: string): ChosenAccount {
  if (process.getuid?.() !== 0) return { account: null, obeysModes: true }
  const { error, status } = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    ...nobody,
    cwd: '/',
    stdio: 'ignore',
  })
  // A user namespace that knows root alone, or a container that may not change users.
  if (error !== undefined) return { account: null, obeysModes: false }
  if (status === 0) return { account: nobody, obeysModes: true }
  throw new InputError([
    {
      file: '--folder',
      what: `the lab was started by root, its shells run as user ${nobody.uid}, and that user cannot enter ${folder}`,
      remedy: 'choose a folder below /tmp, or start the lab as another user',
    },
  ])
}
