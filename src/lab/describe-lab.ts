import { foldHosts } from '../report/fold-hosts.ts'
import { quote } from '../ssh/quote.ts'
import type { Lab } from './start-lab.ts'

/** What the hosts are, a line for each kind. */
export function describeHosts({ hosts, note }: Pick<Lab, 'hosts' | 'note'>): string {
  const kinds = [...new Set(hosts.map(({ condition }) => condition))]
  const rows = kinds.map((kind) => {
    const names = hosts.filter(({ condition }) => condition === kind).map(({ name }) => name)
    return { names: foldHosts(names), summary: kind.summary }
  })
  const width = Math.max(...rows.map(({ names }) => names.length))
  return [
    `${hosts.length} embedded hosts are up, all of them in this one process:`,
    ...rows.map(({ names, summary }) => `  ${names.padEnd(width)}  ${summary}`),
    ...(note === null ? [] : [note]),
    '',
  ].join('\n')
}

/** What to try on them. `program` is what starts this program from a shell. */
export function suggestCommands(folder: string, program: string): string {
  return [
    'In another terminal:',
    `  cd ${quote(folder)}`,
    `  ${program} plan playbooks/relieve-now.yml -i lab.yml`,
    `  ${program} apply playbooks/relieve-now.yml -i lab.yml -l web`,
    `  ${program} verify playbooks/prevent.yml -i lab.yml`,
    `  ${program} diagnose edge -i lab.yml --write fix.yml`,
    `The hosts' files stand in hosts/, and \`ssh -F ssh_config web01\` runs a command there.`,
    '',
  ].join('\n')
}
