import { join } from 'node:path'
import type { UnitPlace } from '../schedule/systemd-jobs.ts'
import type { Context } from './context.ts'

/** Where units of this user go: root's to the machine's systemd, everybody else's to their own. */
export function unitPlace({ user, home, env }: Pick<Context, 'user' | 'home' | 'env'>): UnitPlace {
  if (user === 'root')
    return { folder: '/etc/systemd/system', isUser: false, runFolder: '/run/systemd/system' }
  return {
    folder: join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'systemd/user'),
    isUser: true,
    runFolder: join(env['XDG_RUNTIME_DIR'] || '/run/user/none', 'systemd'),
  }
}
