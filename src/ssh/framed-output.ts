import type { Marks } from './session.ts'

const newline = 0x0a

/**
 * Finds the two marks in what a shell prints. What comes before the begin mark is forgotten at once, whatever its
 * size; what comes behind it is kept as it arrives and decoded once.
 */
export class FramedOutput {
  readonly #begin: Buffer
  readonly #end: Buffer
  readonly #limitBytes: number
  #begun = false
  /** The bytes in which a mark that is cut by a chunk's edge may have started. */
  #carry: Buffer = Buffer.alloc(0)
  readonly #chunks: Buffer[] = []
  #keptBytes = 0
  /** Where, in the kept bytes, the newline after the end mark is to be looked for. */
  #endLineAt = -1
  #wholeBytes = -1

  constructor(marks: Marks, limitBytes: number) {
    this.#begin = Buffer.from(`${marks.begin}\n`)
    this.#end = Buffer.from(`\n${marks.end} `)
    this.#limitBytes = limitBytes
  }

  get begun(): boolean {
    return this.#begun
  }

  /** Takes the next bytes and says whether that was all. `flood`: more than the limit came without an end mark. */
  push(chunk: Buffer): 'more' | 'whole' | 'flood' {
    const inside = this.#begun ? chunk : this.#afterBegin(chunk)
    if (inside === null) return 'more'
    if (this.#endLineAt === -1) this.#findEnd(inside)
    if (this.#endLineAt !== -1) {
      const from = Math.max(0, this.#endLineAt - this.#keptBytes)
      const at = inside.indexOf(newline, from)
      if (at !== -1) this.#wholeBytes = this.#keptBytes + at + 1
    }
    this.#chunks.push(inside)
    this.#keptBytes += inside.length
    if (this.#wholeBytes !== -1) return 'whole'
    return this.#keptBytes > this.#limitBytes ? 'flood' : 'more'
  }

  /** The text between the marks with the end mark's line; only when `push` said `whole`. */
  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8', 0, this.#wholeBytes)
  }

  #afterBegin(chunk: Buffer): Buffer | null {
    const joined = Buffer.concat([this.#carry, chunk])
    const at = joined.indexOf(this.#begin)
    if (at === -1) {
      this.#carry = joined.subarray(Math.max(0, joined.length - this.#begin.length + 1))
      return null
    }
    this.#begun = true
    // The begin mark's own newline: an end mark may follow at once.
    this.#carry = Buffer.from('\n')
    return joined.subarray(at + this.#begin.length)
  }

  #findEnd(chunk: Buffer): void {
    const joined = Buffer.concat([this.#carry, chunk])
    const at = joined.indexOf(this.#end)
    if (at === -1) this.#carry = joined.subarray(Math.max(0, joined.length - this.#end.length + 1))
    else this.#endLineAt = this.#keptBytes - this.#carry.length + at + this.#end.length
  }
}
