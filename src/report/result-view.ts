import type { RunEvent } from '../fleet/run-event.ts'
import type { RunResult } from './host-result.ts'
import { jsonPieces } from './json.ts'
import { junitPieces } from './junit.ts'
import { hostLine, summaryLine } from './jsonl.ts'
import { textStyle } from './text-style.ts'
import { renderResult } from './render-result.ts'

/** What of the command line decides how a result is shown. */
export interface ViewOptions {
  readonly output: 'text' | 'json' | 'jsonl' | 'junit'
  readonly verbose: number
  readonly diff?: boolean
}

/** Where a result is written to. */
export interface ViewSink {
  readonly write: (text: string) => void
  readonly isTty: boolean
  readonly hasColor: boolean
  readonly columns: number
}

/** A way to show a run's result on stdout: some of it as it comes, or all of it at the end. */
export interface ResultView {
  readonly event: (event: RunEvent) => void
  readonly end: (result: RunResult) => void
}

/** The view that `--output` asks for. All of them show the same results. */
export function resultView(options: ViewOptions, sink: ViewSink): ResultView {
  switch (options.output) {
    case 'jsonl':
      return {
        event: (event) => {
          if (event.kind === 'host_finished' || event.kind === 'host_revised')
            sink.write(hostLine(event.result))
        },
        end: (result) => sink.write(summaryLine(result)),
      }
    case 'json':
      return {
        event: () => {},
        end: (result) => {
          for (const piece of jsonPieces(result)) sink.write(piece)
        },
      }
    case 'junit':
      return {
        event: () => {},
        end: (result) => {
          for (const piece of junitPieces(result)) sink.write(piece)
        },
      }
    case 'text':
      return {
        event: () => {},
        end: (result) => sink.write(renderResult(result, textStyle(options, sink))),
      }
  }
}
