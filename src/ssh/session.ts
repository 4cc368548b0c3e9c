/** A remote POSIX shell that is logged in and, where asked, has become another user. */
export interface Session extends AsyncDisposable {
  /**
   * Sends `script` to the shell's standard input and resolves with everything between the line
   * `beginMark` and the line that starts with `endMark` (that line included). What a login shell
   * prints before the begin mark is dropped. `stage` names the step in failures.
   *
   * Throws HostFailure: timeout, dropped, flood, become, shell, cancelled.
   */
  exchange(script: string, marks: Marks, stage: 'read' | 'apply'): Promise<string>
}

/** Lines that frame one exchange; they carry a random word, so that a file's contents cannot fake them. */
export interface Marks {
  readonly begin: string
  readonly end: string
}
