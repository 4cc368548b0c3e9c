import { DefaultRenderer, Listr, ListrDefaultRendererLogLevels, ListrLogger } from 'listr2'
import { LiveOutput } from './live-output.ts'
import { painter, type Color } from './paint.ts'
import { playRows } from './play-rows.ts'
import type { ProgressSink } from './progress-sink.ts'
import { troubleCounts, type PlayTally } from './play-tally.ts'

/** listr2 draws only where stdout is a terminal; here it draws on stderr, and stdout may well be a pipe. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true
}

const refreshMilliseconds = 150

/** Draws one play until `over` resolves, then leaves its first row standing. */
export async function drawPlay(
  sink: ProgressSink,
  tally: () => PlayTally,
  over: Promise<void>,
): Promise<void> {
  const paint = painter(sink.hasColor)
  const inColor = (color: Color) => (text?: string) => paint(text ?? '', color)
  const output = new LiveOutput(sink.stream)
  const size = () => ({ columns: sink.stream.columns ?? sink.columns, rows: sink.stream.rows ?? sink.rows })
  const list = new Listr(
    [
      {
        title: playRows(tally(), size(), paint),
        task: async (_, task) => {
          const timer = setInterval(() => {
            task.title = playRows(tally(), size(), paint)
          }, refreshMilliseconds)
          await over
          clearInterval(timer)
          const last = tally()
          task.title = playRows({ ...last, troubles: [] }, size(), paint)
          if (last.done < last.hosts || troubleCounts(last.totals).length > 0)
            throw new Error('a host is in trouble')
        },
      },
    ],
    {
      renderer: StderrRenderer,
      rendererOptions: {
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({ processOutput: output }),
        formatOutput: 'truncate',
        showErrorMessage: false,
        color: {
          [ListrDefaultRendererLogLevels.PENDING]: inColor('yellow'),
          [ListrDefaultRendererLogLevels.COMPLETED]: inColor('green'),
          [ListrDefaultRendererLogLevels.FAILED]: inColor('red'),
        },
      },
      // Signals are ours: listr2 would end the process with 127, before the report.
      registerSignalListeners: false,
      exitOnError: false,
    },
  )
  await list.run()
}
