import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderHtml } from '../../../src/report/html/render-html.ts'
import { junitPieces } from '../../../src/report/junit.ts'
import { renderMarkdown } from '../../../src/report/markdown.ts'
import { markdownCode, markdownText } from '../../../src/report/markdown-text.ts'
import { renderPrometheus } from '../../../src/report/prometheus.ts'
import { anyRun, anyText } from './any-result.ts'
import { madeUpChange, madeUpHost, madeUpRun } from './made-up.ts'

const facts = {
  kernel: '6.1.0',
  count: 60_000,
  max: 262_144,
  hashsize: 65_536,
  memory_bytes: 1e8,
  statistics: { drop: 7 },
}
const raised = madeUpHost('web01', 'changed', {
  facts,
  changes: [madeUpChange('net.netfilter.nf_conntrack_max', '65536', '262144')],
})
const lost = madeUpHost('db"1"', 'unreachable', {
  error: { kind: 'timeout', stage: 'connect', message: 'no answer from <db> & co', hint: 'Look at @ops.' },
})

describe('JUnit', () => {
  test('counts what a build has to stop for, and says why', () => {
    const hosts = [raised, lost, madeUpHost('c', 'pending'), madeUpHost('d', 'skipped')]
    const xml = [...junitPieces(madeUpRun(hosts))].join('')
    expect(xml).toContain(
      '<testsuites name="conntrackctl apply" tests="4" failures="1" errors="1" time="12.300">',
    )
    expect(xml).toContain('<testcase name="db&quot;1&quot;" classname="apply.Raise the ceiling">')
    expect(xml).toContain(
      '<error message="no answer from &lt;db&gt; &amp; co" type="timeout">Look at @ops.\n</error>',
    )
    expect(xml).toContain(
      'verified net.netfilter.nf_conntrack_max: 65536 -&gt; 262144 (as the playbook asks)',
    )
  })

  test('holds nothing that XML may not hold, whatever hosts say', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const xml = [...junitPieces(run)].join('')
        // Tags as ours are, each with its attributes in quotes, and text without `<` and `&` of its own.
        const rest = xml.replaceAll(
          /<\/?[a-z-]+(?: [a-z]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*\/?>|<\?[^?]*\?>/g,
          '',
        )
        expect(rest.replaceAll(/&(?:amp|lt|gt|quot);/g, '')).not.toMatch(/[<&]/)
        expect(xml).not.toMatch(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
      }),
    )
  })
})

describe('Prometheus', () => {
  const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

  test('tells count, limit, statuses and counters of each host', () => {
    const text = renderPrometheus(madeUpRun([raised, lost]), true)
    expect(lines(text)).toEqual(
      expect.arrayContaining([
        'conntrackctl_nf_conntrack_entries{host="web01"} 60000',
        'conntrackctl_nf_conntrack_entries_limit{host="web01"} 262144',
        'conntrackctl_nf_conntrack_stat_drop_total{host="web01"} 7',
        'conntrackctl_nf_conntrack_used_ratio_before{host="web01"} 0.91552734375',
        'conntrackctl_host_status{host="db\\"1\\"",play="Raise the ceiling",status="unreachable"} 1',
        'conntrackctl_hosts{command="apply",playbook="playbooks/prevent.yml",status="failed"} 0',
        'conntrackctl_run_exit_status{command="apply",playbook="playbooks/prevent.yml"} 3',
      ]),
    )
  })

  test('has each series once and each label whole, whatever hosts say', () => {
    const sample = /^[a-z_]+\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*\} -?[\d.e+-]+$/
    fc.assert(
      fc.property(anyRun, (run) => {
        const series = lines(renderPrometheus(run, true))
        for (const line of series) expect(line).toMatch(sample)
        const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')))
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })
})

describe('Markdown', () => {
  test('has what needs an eye on top, and folds the rest', () => {
    const text = renderMarkdown(madeUpRun([raised, lost]))
    expect(text.split('\n')[0]).toBe('### conntrackctl apply: 1 unreachable, 1 changed')
    expect(text).toContain(
      '| **unreachable** | `db"1"` | `timeout` no answer from \\<db\\> \\& co<br>Look at `@`ops. |',
    )
    expect(text).toContain('<details><summary>changed: web01</summary>\n\n| what |')
    expect(text).toContain('| `nf_conntrack_max` | `65536 -> 262144` | done | as the playbook asks |')
    expect(text).toContain('| `web01` | 60000 | 262144 | 92 % | 23 % |')
  })

  test('text of hosts opens no tag, no cell, no link and calls nobody', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.stringMatching(/^[|`<>@[\]()*_h:/w.\\]{0,12}$/)), (text) => {
        const shown = markdownText(text).replaceAll('`@`', 'x')
        // What was escaped stands for itself: taken out, it would join its neighbours to something that was never there.
        expect(shown.replaceAll(/\\[!-/:-@[-`{-~]/g, 'x')).not.toMatch(/[|<>[\]`*_@]|:\/\//)
        expect(markdownCode(text)).not.toMatch(/\n|(?<!\\)\|/)
      }),
    )
  })
})

test('a page holds no element but its own, whatever hosts say', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const page = renderHtml({
        result: run,
        isComplete: true,
        history: [run, run],
        by: '<b>',
        words: ['</script>'],
      })
      expect(page.match(/<script/g)).toHaveLength(2)
      expect(page.match(/<\/script/g)).toHaveLength(2)
      const [, data = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? []
      expect(JSON.parse(data).rows).toHaveLength(run.hosts.length)
    }),
    { numRuns: 30 },
  )
})
