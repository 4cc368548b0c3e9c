import type { Command } from 'commander'

/** A line that works as it stands where the files are there, and what it is for. */
export interface Example {
  readonly line: string
  readonly does: string
}

const ex = (line: string, does: string): Example => ({ line: `conntrackctl ${line}`, does })

/** By command: what `--help` and the man page end with. The tests parse each with the program itself. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  plan: [
    ex('plan playbooks/prevent.yml -i hosts.ini', 'what would change, on every host'),
    ex("plan playbooks/prevent.yml -i 'web01,web02,' -u ops --become --diff", 'two hosts, with the files'),
    ex('plan playbooks/prevent.yml -i hosts.ini --out tonight.json', 'to be approved, and applied as it is'),
  ],
  apply: [
    ex("apply playbooks/relieve-now.yml -i hosts.ini -l 'web[0]'", 'one host first'),
    ex('apply playbooks/relieve-now.yml -i hosts.ini -l web --diff', 'a group, and what its files become'),
    ex('apply tonight.json', 'a saved plan, exactly'),
    ex('apply playbooks/prevent.yml -i hosts.ini --rerun failed', 'only the hosts that failed last time'),
  ],
  verify: [
    ex('verify playbooks/prevent.yml -i hosts.ini', 'live values, and what a reboot would leave'),
    ex('verify playbooks/prevent.yml -i hosts.ini --quiet --output json', 'for programs'),
  ],
  check: [
    ex('check -i hosts.ini', 'how full the tables are, what was lost, when they will be full'),
    ex('check web -i hosts.ini --warn 60 --critical 80', 'a group, told of earlier'),
  ],
  diagnose: [
    ex('diagnose web07 -i hosts.ini', 'what fills the table of one host'),
    ex('diagnose web -i hosts.ini --write fix-web.yml', 'and a playbook against it'),
  ],
  rollback: [
    ex('rollback last -i hosts.ini --check', 'what would be put back'),
    ex('rollback last -i hosts.ini -l web07', 'one host of the last apply'),
  ],
  schedule: [
    ex('schedule playbooks/prevent.yml -i hosts.ini --every 1h', 'print the line of the crontab'),
    ex('schedule playbooks/prevent.yml -i hosts.ini --at 03:30 --systemd --install', 'a timer of systemd'),
    ex('schedule --list', 'what runs by itself here'),
    ex('schedule playbooks/prevent.yml --remove', 'no more'),
  ],
  compile: [
    ex('compile playbooks/prevent.yml -i hosts.ini --host web01 -o prevent.sh', 'for a host nobody reaches'),
    ex('compile playbooks/prevent.yml --host localhost -i localhost,', 'to stdout, for an image'),
  ],
  import: [
    ex('import /etc/sysctl.conf', 'a playbook to stdout, mistakes to stderr'),
    ex('import /etc/sysctl.conf /etc/modprobe.d/conntrack.conf --hosts web --write web.yml', 'into a file'),
  ],
  completion: [
    ex('completion bash', 'in ~/.bashrc: eval "$(conntrackctl completion bash)"'),
    ex('completion fish', 'as ~/.config/fish/completions/conntrackctl.fish'),
  ],
  worker: [
    ex(
      'worker --queue rediss://queue.example.org --zone eu --signing-key eu.key --trust coordinators.pub',
      'serve the hosts of a zone',
    ),
    ex(
      'worker --queue redis://127.0.0.1 --zone lab --signing-key lab.key --trust lab.pub -f 20',
      'at most 20 at once',
    ),
  ],
  validate: [
    ex('validate playbooks/prevent.yml', 'all problems at once, with line and column'),
    ex('validate web.yml hosts.yml group_vars/web.yml', 'inventories and their variables too'),
    ex('validate inventory/ --vault-password-file pass', 'a folder, opening what is encrypted'),
  ],
  schema: [
    ex('schema', 'to stdout'),
    ex('schema > playbook.schema.json', 'for `# yaml-language-server: $schema=playbook.schema.json`'),
    ex('schema inventory > inventory.schema.json', 'the same for hosts.yml'),
  ],
  inventory: [
    ex('inventory -i hosts.ini --graph', 'the tree of groups'),
    ex("inventory -i hosts.ini --hosts 'web:!web07'", 'whom a pattern names'),
    ex('inventory -i hosts.ini --host web01', 'the variables of one host'),
  ],
  runs: [ex('runs', 'the last runs'), ex('runs last -v', 'every host of the last one')],
  report: [
    ex('report last --format html --out fleet.html', 'a page in one file'),
    ex(
      'report last --format prometheus --out /var/lib/prometheus/node-exporter/conntrackctl.prom',
      'for node_exporter',
    ),
  ],
  watch: [
    ex('watch -i hosts.ini', 'the fleet, live; q ends it'),
    ex('watch web -i hosts.ini --once', 'one look'),
  ],
  lab: [
    ex('lab --demo', 'the main job on embedded hosts, and end'),
    ex('lab --folder lab --for 600', 'hosts to try things on for ten minutes'),
  ],
}

/** Ends the help of each command with its examples. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const lines = (examples[command.name()] ?? []).map(({ line, does }) => `  ${line}\n      ${does}`)
    if (lines.length > 0) command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
  }
}
