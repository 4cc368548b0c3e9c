export interface TextStyle {
  readonly color: boolean
  /** Columns to wrap at; Infinity never wraps, for files and pipes. */
  readonly width: number
  /** 0 folds as much as a screen needs, 1 and more shows all. */
  readonly verbosity: number
  /** Show how the text of files changes. */
  readonly diff: boolean
}

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
