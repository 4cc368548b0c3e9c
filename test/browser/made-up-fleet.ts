import { countStatuses, type RunResult } from '../../src/report/host-result.ts'

/** A run over so many hosts `h1`, `h2`, …, each as one of `run` ended. */
export function anyRunOf(run: RunResult, hosts: number): RunResult {
  const results = Array.from({ length: hosts }, (_, index) => {
    const model = run.hosts[index % run.hosts.length]
    if (model === undefined) throw new Error('a run without hosts is no model')
    return { ...model, host: `h${index}` }
  })
  return { ...run, hosts: results, totals: countStatuses(results) }
}
