import { open } from 'node:fs/promises'

/** A file that only grows, a line at a time. */
export interface Journal {
  /**
   * Resolves when the line is in the kernel: it then outlives this program, if not a power cut. Lines that come while
   * one is being written go together in the next write. Never throws: see `problem`.
   */
  append(line: string): Promise<void>
  /** The first error of the system that left lines out, or null. */
  readonly problem: Error | null
  /** Syncs and closes, once; never throws. */
  close(): Promise<void>
}

/** Creates a journal, readable by its owner only. Throws the system's error, also when the file is there already. */
export async function openJournal(path: string): Promise<Journal> {
  const handle = await open(path, 'ax', 0o600)
  let waiting: { readonly line: string; readonly kept: () => void }[] = []
  let drained = Promise.resolve()
  let isWriting = false
  let isTorn = false
  let isClosed = false
  let problem: Error | null = null

  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      problem ??= error instanceof Error ? error : new Error(String(error))
      return false
    }
  }

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      // A disk that filled up may have taken half a line: what follows starts on its own.
      const text = `${isTorn ? '\n' : ''}${batch.map(({ line }) => `${line}\n`).join('')}`
      isTorn = !(await attempt(() => handle.appendFile(text)))
      for (const { kept } of batch) kept()
    }
    isWriting = false
  }

  return {
    append: (line) =>
      new Promise((kept) => {
        waiting.push({ line, kept })
        if (isWriting) return
        isWriting = true
        drained = drain()
      }),
    get problem() {
      return problem
    },
    close: async () => {
      await drained
      if (isClosed) return
      isClosed = true
      await attempt(() => handle.sync())
      await attempt(() => handle.close())
    },
  }
}
