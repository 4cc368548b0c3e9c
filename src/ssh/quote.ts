/**
 * `word` as one word of a POSIX shell's command line, whatever it holds.
 *
 * Backslashes and exclamation marks stand outside the quotes, too: fish, as a login shell, obeys the ones within
 * them, and csh the others. A newline is the one thing that csh does not take; POSIX shells and fish do.
 * Throws RangeError on a NUL, which no argument of a program can carry.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('a NUL cannot be part of a shell word')
  if (/^[A-Za-z0-9_./:@,+-]+$/.test(word)) return word
  return `'${word.replaceAll(/['\\!]/g, (character) => `'\\${character}'`)}'`
}
