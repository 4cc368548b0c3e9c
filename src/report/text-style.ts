import type { TextStyle } from './text.ts'

/** What of a stream and its user decides how text looks there. */
export interface Surroundings {
  readonly stdout: { readonly isTty: boolean; readonly columns: number }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Colour is for terminals whose user has not set NO_COLOR; files and pipes get long lines, for grep. */
export function textStyle(
  { stdout, env }: Surroundings,
  options: { readonly verbose: number; readonly diff?: boolean },
): TextStyle {
  return {
    color: hasColor(stdout.isTty, env),
    width: stdout.isTty ? stdout.columns : Infinity,
    verbosity: options.verbose,
    diff: options.diff === true,
  }
}

/** Whether to paint on a stream: https://no-color.org, and no terminal that cannot. */
export function hasColor(isTty: boolean, env: Surroundings['env']): boolean {
  const { NO_COLOR: noColor, TERM: terminal } = env
  return isTty && (noColor === undefined || noColor === '') && terminal !== 'dumb'
}
