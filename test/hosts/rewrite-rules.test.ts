import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { ruleCommands } from '../../src/host/rule-commands.ts'
import type { Change } from '../../src/plan/change.ts'

/** How each program makes rules in a network of its own, lists them, and writes those that are rewritten here. */
const iptables = (program: string) => ({
  path: `${program} in place`,
  begin: [
    `${program} -N web`,
    `${program} -A INPUT -i lo -j ACCEPT`,
    `${program} -A INPUT -p tcp -m state --state NEW -m tcp --dport 80 -m comment --comment 'a "b" $c' -j ACCEPT`,
    `${program} -A INPUT -j web`,
    `${program} -A web`,
    `${program} -A web -m conntrack --ctstate NEW,ESTABLISHED -p tcp --dport 443 -j ACCEPT`,
  ].join('\n'),
  list: `${program}-save | grep -v ^#`,
  lister: `${program}-save`,
  // Every rule behind it has another number then.
  meanwhile: [`${program} -I INPUT -s 192.0.2.1 -j DROP`],
  rules: [
    [
      'filter INPUT: -p tcp',
      '-m state --state NEW ',
      '-m tcp --dport 80 -m comment --comment "a \\"b\\" $c" -j ACCEPT',
    ],
    ['filter web: -p tcp', '-m conntrack --ctstate NEW,ESTABLISHED ', '-m tcp --dport 443 -j ACCEPT'],
  ],
  // Listed as `-p tcp -m tcp --dport 443`.
  otherwise: 'filter web: -p tcp --dport 443 -j ACCEPT',
})
const programs = [
  iptables('iptables-legacy'),
  iptables('iptables-nft'),
  {
    path: 'nft in place',
    begin: `nft -f - <<'end'
table inet filter {
	set web {
		type ipv4_addr
	}
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		tcp dport { 80, 443 } ct state new counter accept comment "a 'b' $c"
	}
	chain web {
		udp dport 53 ct state established,new accept
	}
}
end`,
    list: 'nft -s list ruleset',
    lister: 'nft',
    // The same rule has another handle then.
    meanwhile: [
      'nft flush chain inet filter web',
      'nft add rule inet filter web udp dport 53 ct state established,new accept',
      'nft insert rule inet filter input ip saddr 192.0.2.1 drop',
    ],
    rules: [
      ['inet filter input: tcp dport { 80, 443 }', 'ct state new ', `counter accept comment "a 'b' $c"`],
      ['inet filter web: udp dport 53', 'ct state established,new ', 'accept'],
    ],
    // Listed without `meta l4proto udp`.
    otherwise: 'inet filter web: meta l4proto udp udp dport 53 accept',
  },
] as const

const lines = (some: readonly string[]): string => some.map((line) => `${line}\n`).join('')

/** Runs these in a shell with a network of its own; what each printed, and how it ended. */
function inNetwork(begin: string, commands: readonly string[]): readonly string[] {
  const run = (command: string): string => `( ${command}\n) 2>&1; echo "status $?"; echo ---`
  const script = `trap '' PIPE\n${begin}\n${commands.map(run).join('\n')}`
  const { stdout, stderr } = spawnSync('unshare', ['--net', 'sh'], { input: script, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('---\n').slice(0, -1)
}

describe.each(programs)('$path', ({ path, begin, list, lister, meanwhile, rules, otherwise }) => {
  const before = lines(rules.map(([place, state, rest]) => `${place} ${state}${rest}`))
  const after = lines(rules.map(([place, , rest]) => `${place} ${rest}`))
  const change = (from: string, to: string): Change => ({
    kind: 'rule',
    key: path,
    path,
    before: from,
    after: to,
    reason: '',
  })
  const { make, undo } = ruleCommands(change(before, after))

  test('made and undone, each once and again, every rule is where it was', () => {
    const [old = '', made, once = '', again, twice, undone, back, quiet, last] = inNetwork(begin, [
      ...[list, make, list, make, list],
      ...[undo, list, undo, list],
    ])
    const states = rules.map(([, state]) => state)
    expect(once).toBe(states.reduce((text, state) => text.replace(state, ''), old))
    expect(once).not.toBe(old)
    expect([made, again, undone, quiet]).toEqual(Array(4).fill('status 0\n'))
    expect([twice, back, last]).toEqual([once, old, old])
  })

  test('one that is gone fails the change and no other is touched; its undoing is passed over', () => {
    const [first = ''] = after.split('\n')
    const lost = ruleCommands(change(`${before}${first} x\n`, `${after}${first} y\n`))
    const [old, made, still, undone] = inNetwork(begin, [list, lost.make, list, lost.undo])
    expect(made).toBe(`no longer there: ${first} x\nstatus 1\n`)
    expect(undone).toBe('status 0\n')
    expect(still).toBe(old)
  })

  test('one that would be listed in other words, and not found again, is put back at once', () => {
    const [first = '', second = ''] = before.split('\n')
    const [changed = ''] = after.split('\n')
    const strange = ruleCommands(change(lines([first, second]), lines([changed, otherwise])))
    const [old, made, still] = inNetwork(begin, [list, strange.make, list])
    expect(made).toContain('listed in other words')
    expect(made).toContain('status 1')
    expect(still).toBe(old)
  })

  test('what others change between a look and the change costs them no rule', () => {
    // The first time that somebody has the rules listed, others are put there before they are used.
    const busy = `
folder=$(mktemp -d)
cat >"$folder/${lister}" <<'end'
#!/bin/sh
PATH=\${PATH#*:}
${lister} "$@"
code=$?
if mkdir "\${0%/*}/once" 2>/dev/null; then
${meanwhile.join('\n')}
fi
exit $code
end
chmod +x "$folder/${lister}"
PATH=$folder:$PATH`
    const calm = 'PATH=${PATH#*:}; rm -r "$folder"'
    const sorted = (text = ''): readonly string[] => text.split('\n').toSorted()
    const [listed] = inNetwork([begin, ...meanwhile].join('\n'), [`( ${make}\n) >&2; ${list}`])
    const [once] = inNetwork([begin, busy, `( ${make}\n)`, calm].join('\n'), [list])
    expect(sorted(once)).toEqual(sorted(listed))
  })
})
