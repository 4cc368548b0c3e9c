import type { MessagePort } from 'node:worker_threads'
import type { Ask } from '../../ssh/ask.ts'
import { Bastions } from '../../ssh/bastions.ts'
import { targetFromPlain } from '../../ssh/plain-target.ts'
import type { HostJob, Manner } from '../remedy-host.ts'
import { remedyHost } from '../remedy-host.ts'
import { remedyOf } from '../remedy-of.ts'
import { revisitHost } from '../revisit-host.ts'
import type { FromThread, PlainJob, ThreadStart, ToThread } from './messages.ts'

/**
 * Does the work of one thread: hosts come in over `port`, their results go back. Ends when nothing more will come,
 * with all connections closed.
 */
export function serveHosts(port: MessagePort, start: ThreadStart): Promise<void> {
  const cut = new AbortController()
  const waiting = new Map<number, (message: ToThread) => void>()
  let questions = 0
  const send = (message: FromThread): void => port.postMessage(message)
  const answerTo = (id: number): Promise<ToThread> => new Promise((resolve) => waiting.set(id, resolve))

  const ask: Ask = async (question) => {
    // Jobs count upwards from 1, questions downwards, so that an answer finds its way.
    questions -= 1
    const id = questions
    const answer = answerTo(id)
    send({ kind: 'question', id, question })
    const message = await answer
    if (message.kind !== 'answer' || message.text === null) throw new Error('nobody answered')
    return message.text
  }
  const bastions = new Bastions({ random: Math.random, ask: start.canAsk ? ask : null, keepOpen: true })
  const mannerOf = (id: number, { history, peakCount }: PlainJob): Manner => ({
    mode: start.mode,
    scope: start.scope,
    allowed: new Set(start.allowed),
    who: start.who,
    signal: cut.signal,
    bastions,
    historyOf: () => history,
    peakCountOf: () => peakCount,
    onStage: (host, stage) => send({ kind: 'stage', host, stage }),
    onPlanned: async (_, facts, changes) => {
      const answer = answerTo(id)
      send({ kind: 'planned', id, facts, changes })
      const message = await answer
      return message.kind === 'kept' && message.isKept
    },
  })

  return new Promise((resolve) => {
    port.on('message', (message: ToThread) => {
      switch (message.kind) {
        case 'remedy':
          void remedyHost(jobOf(message.job), mannerOf(message.id, message.job)).then((result) =>
            send({ kind: 'ended', id: message.id, result }),
          )
          return
        case 'revisit': {
          const { id, job, result: earlier, revisit } = message
          void revisitHost(jobOf(job), earlier, mannerOf(id, job), revisit).then((result) =>
            send({ kind: 'ended', id, result }),
          )
          return
        }
        case 'kept':
        case 'answer':
          waiting.get(message.id)?.(message)
          waiting.delete(message.id)
          return
        case 'cut':
          cut.abort()
          return
        case 'end':
          void bastions[Symbol.asyncDispose]().finally(() => {
            port.close()
            resolve()
          })
      }
    })
  })
}

function jobOf({ label, target, spec, confirmSeconds }: PlainJob): HostJob {
  return { label, target: targetFromPlain(target), remedy: remedyOf(spec), confirmSeconds }
}
