import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/problem.ts'
import { putBlock, readBlocks, renderBlock } from '../../../src/schedule/crontab-blocks.ts'
import { crontabLine } from '../../../src/schedule/crontab-line.ts'
import { parseCronTime } from '../../../src/schedule/cron-time.ts'
import { checkJobName, type ScheduledJob } from '../../../src/schedule/scheduled-job.ts'

const job: ScheduledJob = {
  name: 'prevent',
  time: parseCronTime('*/15 * * * *'),
  title: 'apply /etc/prevent.yml',
  words: ['/usr/bin/node', '/opt/c/cli.js', 'apply', '/etc/prevent.yml', '--cron'],
  folder: '/root',
  user: 'root',
  home: '/root',
}

/** Lines of others, of all kinds, with and without a last newline. */
const foreign = fc
  .array(fc.string({ unit: 'binary' }).map((line) => line.replaceAll('\n', ' ')))
  .map((lines) => lines.join('\n'))
  .filter((text) => !/^# conntrackctl \S+: (?:begin|end)/m.test(text))

describe('a block in a crontab', () => {
  test('goes in and out again, and what others wrote stays byte for byte', () => {
    fc.assert(
      fc.property(foreign, foreign, (before, after) => {
        const whole = before === '' ? '' : `${before}\n`
        const block = renderBlock('prevent', job.title, crontabLine(job, null))
        const put = putBlock(whole, 'prevent', block)
        expect(put).toBe(whole + block)
        expect(putBlock(put, 'prevent', block)).toBe(put)
        expect(putBlock(put, 'prevent', null)).toBe(whole)
        // In the middle: it is changed where it stands.
        const other = renderBlock('prevent', job.title, '0 0 * * * x')
        expect(putBlock(`${put}${after}`, 'prevent', other)).toBe(`${whole}${other}${after}`)
      }),
    )
  })

  test('is read again with name, title and line, one of several', () => {
    const text = `# mine\n${renderBlock('one', 'apply /a', '1 * * * * a')}\n${renderBlock('two', 'verify /b', '2 * * * * b')}`
    expect(readBlocks(text)).toEqual([
      { name: 'one', title: 'apply /a', line: '1 * * * * a' },
      { name: 'two', title: 'verify /b', line: '2 * * * * b' },
    ])
    expect(putBlock(text, 'one', null)).toBe(`# mine\n\n${renderBlock('two', 'verify /b', '2 * * * * b')}`)
  })

  test.each([
    '# conntrackctl a: begin\n1 * * * * x\n',
    '# conntrackctl a: end\n',
    '# conntrackctl a: begin\n# conntrackctl b: end\n',
    '# conntrackctl a: begin\n# conntrackctl b: begin\n# conntrackctl b: end\n# conntrackctl a: end\n',
  ])('whose marks are damaged is not touched: %j', (text) => {
    expect(() => putBlock(text, 'a', null)).toThrow(UsageError)
  })
})

describe('the line', () => {
  test('is a command of its own, with a PATH and every % escaped', () => {
    const line = crontabLine({ ...job, words: [...job.words, '-e', "a='50%'"], folder: '/srv/x y' }, 'ops')
    expect(line).toBe(
      "*/15 * * * * ops cd '/srv/x y' && env 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' " +
        "/usr/bin/node /opt/c/cli.js apply /etc/prevent.yml --cron -e 'a='\\''50\\%'\\'''",
    )
  })

  test('that cron would cut, or that no line can hold, is refused', () => {
    expect(() => crontabLine({ ...job, words: ['x'.repeat(1000)] }, null)).toThrow('cron takes 999')
    expect(() => crontabLine({ ...job, words: ['a\nb'] }, null)).toThrow('line break')
  })
})

test.each(['', 'a.b', '-x', 'a b', 'ä', 'x'.repeat(65), 'a/b'])('%j is no name for a job', (name) => {
  expect(() => checkJobName(name)).toThrow(UsageError)
})
