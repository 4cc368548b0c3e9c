/** Where progress is shown: stderr, as a rule. */
export interface ProgressSink {
  readonly stream: NodeJS.WriteStream
  readonly isTty: boolean
  readonly hasColor: boolean
  /** At the start; a stream that knows its size is asked anew. */
  readonly columns: number
  readonly rows: number
}
