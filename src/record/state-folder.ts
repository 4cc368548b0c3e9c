import { isAbsolute, join, resolve } from 'node:path'

/** What of the process decides where records are kept. */
export interface StateFolderContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly user: string
  readonly cwd: string
}

/**
 * Where records of runs are kept, absolute: `--state-dir`, else `CONNTRACKCTL_STATE_DIR`, else
 * `$XDG_STATE_HOME/conntrackctl`, else `/var/lib/conntrackctl` for root and `~/.local/state/conntrackctl` for others.
 *
 * Root has one fixed place, so that a run by hand, through sudo or by cron finds the records of the others,
 * whatever HOME it was given. As the XDG specification asks, a relative XDG_STATE_HOME is ignored.
 */
export function stateFolder(option: string | undefined, context: StateFolderContext): string {
  const { env, home, user, cwd } = context
  const { CONNTRACKCTL_STATE_DIR: ours, XDG_STATE_HOME: xdg } = env
  if (option !== undefined && option !== '') return resolve(cwd, option)
  if (ours !== undefined && ours !== '') return resolve(cwd, ours)
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'conntrackctl')
  return user === 'root' ? '/var/lib/conntrackctl' : join(home, '.local/state/conntrackctl')
}
