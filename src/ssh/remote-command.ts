import { quote } from './quote.ts'
import type { Target } from './target.ts'

/**
 * What the login shell is told to run, whichever shell that is: a POSIX shell that reads its standard input.
 * `-n` never asks for a password, as nobody is there to answer.
 */
export function remoteCommand(become: Target['become']): string {
  return become === null ? '/bin/sh' : `sudo -n -H -u ${quote(become.user)} -- /bin/sh`
}
