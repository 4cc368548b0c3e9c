import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatProblem, InputError } from '../../src/problem.ts'

test('a problem is shown with its place, its fact and its remedy', () => {
  const problem = { file: 'site.yml', line: 3, column: 7, what: 'max is 0', remedy: 'give it a size' }
  expect(formatProblem(problem)).toBe('site.yml:3:7: max is 0; give it a size')
  expect(formatProblem({ file: '--limit', what: 'it is empty', remedy: 'leave it out' })).toBe(
    '--limit: it is empty; leave it out',
  )
})

test('no file name and no content controls a terminal or makes a second line', () => {
  const hostile = { file: 'a\u001b]0;x\u0007\nb.yml', what: 'found "\u202egnp"', remedy: 'remove\r it' }
  expect(formatProblem(hostile)).toBe(String.raw`a\x1b]0;x\x07\nb.yml: found "\u202egnp"; remove\r it`)
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(fc.record({ file: text, what: text, remedy: text }), (problem) => {
      expect(formatProblem(problem)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test('an InputError says all its problems, a line each', () => {
  const problem = { file: 'a', what: 'x\ny', remedy: 'z' }
  expect(new InputError([problem, problem]).message).toBe('a: x\\ny; z\na: x\\ny; z')
})
