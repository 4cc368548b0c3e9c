import type { Question } from './ask.ts'
import type { HostFailure } from './failure.ts'
import { checkHostKey, recordHostKey } from './host-keys.ts'
import type { Target } from './target.ts'

/**
 * Shows a person the key that is in no file, and remembers it when the answer is `yes`. `unknown` is the failure that
 * it is otherwise. Throws HostFailure.
 */
export async function askForHostKey(
  target: Target,
  key: Buffer,
  unknown: HostFailure,
  ask: (question: Question) => Promise<string>,
): Promise<void> {
  const text = `${unknown.message}. Is that its key, and shall it be remembered (yes/no)?`
  const answer = await ask({ host: target.name, text, isShown: true })
  if (answer.trim().toLowerCase() !== 'yes') throw unknown
  // While the question waited for its turn, the key may have been added for another host of the same name.
  const isThere = checkHostKey({ ...target, hostKeys: { ...target.hostKeys, checking: 'no' } }, key, true)
  if (isThere.length === 0 && !isKnown(target, key)) recordHostKey(target, key)
}

function isKnown(target: Target, key: Buffer): boolean {
  try {
    checkHostKey({ ...target, hostKeys: { ...target.hostKeys, checking: 'yes' } }, key, true)
    return true
  } catch {
    return false
  }
}
