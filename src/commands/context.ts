/** Where text goes; `write` keeps order and never throws. */
export interface Output {
  readonly write: (text: string) => void
  readonly isTty: boolean
  /** On a terminal, and neither NO_COLOR nor a dumb terminal forbid it. */
  readonly hasColor: boolean
  readonly columns: number
  readonly rows: number
  /** The stream itself, for what draws on it. */
  readonly stream: NodeJS.WriteStream
}

/** All that a command may know of the process it runs in. */
export interface Context {
  readonly cwd: string
  readonly home: string
  readonly user: string
  readonly version: string
  /** The command line, as recorded. */
  readonly words: readonly string[]
  readonly pid: number
  /** Path of this program, to start it again. */
  readonly program: string
  /** Path of the Node.js that runs it. */
  readonly node: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Variables of the environment that hold secrets, which `env` does not have. */
  readonly secrets?: Readonly<Record<string, string | undefined>>
  /** For keys and answers, where it is a terminal. */
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Output
  readonly stderr: Output
  readonly now: () => Date
  /** In [0, 1). */
  readonly random: () => number
  /** Aborted by the first Ctrl-C: no new hosts. */
  readonly stopping: AbortSignal
  /** Aborted by the second: running connections are cut. */
  readonly cut: AbortSignal
  /** Aborted when nobody reads stdout any longer. A run goes on to its end all the same. */
  readonly unheard: AbortSignal
}

/** What a run needs of the process: nothing of its streams, so that another program's can be given. */
export type RunContext = Omit<Context, 'stdin' | 'stdout' | 'stderr' | 'program' | 'node' | 'unheard'> & {
  /** For warnings, and for questions where it is a terminal. */
  readonly stderr: Pick<Output, 'write'> & Partial<Pick<Output, 'isTty'>>
}
