/** The inverse of `foldHosts`: every name that a folded text stands for, in its order. */
export function unfoldHosts(folded: string): string[] {
  return folded === '' ? [] : splitOutsideBrackets(folded).flatMap(unfoldPart)
}

function splitOutsideBrackets(folded: string): string[] {
  return folded.split(/,(?![^[]*\])/)
}

function unfoldPart(part: string): string[] {
  const bracket = /\[([^\]]*)\]/.exec(part)
  if (bracket === null) return [part]
  const before = part.slice(0, bracket.index)
  const rest = unfoldPart(part.slice(bracket.index + bracket[0].length))
  const numbers = (bracket[1] ?? '').split(',').flatMap(unfoldRun)
  return numbers.flatMap((number) => rest.map((tail) => `${before}${number}${tail}`))
}

function unfoldRun(run: string): string[] {
  const [first = '', last = first] = run.split('-')
  const width = first.startsWith('0') ? first.length : 0
  const numbers: string[] = []
  for (let number = BigInt(first); number <= BigInt(last); number += 1n)
    numbers.push(number.toString().padStart(width, '0'))
  return numbers
}
