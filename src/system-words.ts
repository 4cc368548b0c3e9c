/**
 * A failure of the system as a clause for a message: what the C library calls it, without Node's code, call and path.
 * The message names the file as the user wrote it, which a temporary beside it is not.
 */
export function systemWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return /^E[A-Z0-9]+: (.+), [a-z]\w*(?: '.*)?$/s.exec(message)?.[1] ?? message
}
