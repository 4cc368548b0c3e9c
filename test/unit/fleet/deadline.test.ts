import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeadlinePassed, deadlineOf } from '../../../src/fleet/deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = { stopping: new AbortController().signal, cut: new AbortController().signal }

test('no further host is begun at the deadline, and 30 s later those under way are cut', () => {
  using deadline = deadlineOf(60, never)
  vi.advanceTimersByTime(59_999)
  expect(deadline.stopping.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(deadline.stopping.reason).toBeInstanceOf(DeadlinePassed)
  expect(deadline.cut.aborted).toBe(false)
  vi.advanceTimersByTime(30_000)
  expect(deadline.cut.aborted).toBe(true)
})

test('a run that is over leaves no timer behind', () => {
  deadlineOf(60, never)[Symbol.dispose]()
  expect(vi.getTimerCount()).toBe(0)
})

test('the signals of the operator still count', () => {
  const stop = new AbortController()
  using deadline = deadlineOf(60, { ...never, stopping: stop.signal })
  stop.abort()
  expect(deadline.stopping.aborted).toBe(true)
  expect(deadline.stopping.reason).not.toBeInstanceOf(DeadlinePassed)
})
