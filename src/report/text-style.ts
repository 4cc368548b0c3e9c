import type { TextStyle } from './text.ts'

/** How text is shown on a stream: coloured if it may be, wrapped on a terminal, with long lines for grep elsewhere. */
export function textStyle(
  options: { readonly verbose: number; readonly diff?: boolean },
  sink: { readonly isTty: boolean; readonly hasColor: boolean; readonly columns: number },
): TextStyle {
  return {
    color: sink.hasColor,
    width: sink.isTty ? sink.columns : Infinity,
    verbosity: options.verbose,
    diff: options.diff === true,
  }
}
