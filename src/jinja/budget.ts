import { Unfillable } from './value.ts'

/** What the evaluation of one template may cost: enough for people, too little for a bomb. */
const most = { steps: 100_000, characters: 1_000_000 }

/** Counts what is spent. Throws Unfillable once it is too much. */
export class Budget {
  #steps = most.steps
  #characters = most.characters

  step(count = 1): void {
    this.#steps -= count
    if (this.#steps < 0) throw new Unfillable(`it takes more than ${most.steps} steps`)
  }

  /** `text`, which has just been made or is about to be. */
  text(text: string): string {
    this.characters(text.length)
    return text
  }

  characters(count: number): void {
    this.#characters -= count
    if (this.#characters < 0)
      throw new Unfillable(`the filled text is longer than ${most.characters} characters`)
  }
}
