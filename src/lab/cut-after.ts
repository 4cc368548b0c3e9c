import { Transform } from 'node:stream'

/** Passes on `bytes` bytes and no more; then, `cut` is called once. */
export function cutAfter(bytes: number, cut: () => void): Transform {
  let left = bytes
  let isCut = false
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed = chunk.subarray(0, left)
      left -= passed.length
      if (passed.length > 0) this.push(passed)
      if (left === 0 && !isCut) {
        isCut = true
        // What has just been passed on gets to its reader first.
        setImmediate(cut)
      }
      done()
    },
  })
}
