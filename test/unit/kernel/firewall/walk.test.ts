import { describe, expect, test } from 'vitest'
import { parseIptables } from '../../../../src/kernel/firewall/parse-iptables.ts'
import { parseNft } from '../../../../src/kernel/firewall/parse-nft.ts'
import { type Service, trafficOf } from '../../../../src/kernel/firewall/service.ts'
import { describeSpot, fateAt } from '../../../../src/kernel/firewall/walk.ts'

const web: Service = { direction: 'in', protocol: 'tcp', ports: [80, 80], addresses: null }

function drops(rules: string, state: 'new' | 'established' | 'untracked', service = web): readonly string[] {
  const text = `table inet f {\nchain input {\ntype filter hook input priority filter; policy drop;\n${rules}\n}\nchain more {\nip saddr 192.0.2.1 drop\nreturn\n}\nchain final {\naccept\n}\n}\n`
  const traffic = trafficOf(service, 'ip', 'arriving', state)
  return fateAt({ chains: parseNft(text) }, 'input', traffic).drops.map(({ rule }) => rule?.text ?? 'policy')
}

describe('what becomes of packets', () => {
  test.each([
    ['tcp dport 80 accept', 'untracked', []],
    ['tcp dport 80 ct state new accept', 'new', []],
    ['tcp dport 80 ct state new accept', 'untracked', ['policy']],
    ['ct state established,related accept', 'established', []],
    ['ct state { established, untracked } accept', 'untracked', []],
    ['ct state != invalid accept', 'untracked', []],
    ['ct state invalid drop\ntcp dport 80 accept', 'untracked', []],
    ['ip saddr 10.0.0.0/8 tcp dport 80 accept', 'new', ['policy']],
    ['jump more\ntcp dport 80 accept', 'new', ['ip saddr 192.0.2.1 drop']],
    ['goto final', 'new', []],
    ['udp dport 80 drop\ntcp dport 443 drop\ntcp dport 80 accept', 'new', []],
    ['iif "lo" drop\ntcp dport 80 accept', 'new', []],
    ['tcp dport 1-100 accept', 'new', []],
    ['limit rate over 10/second drop\naccept', 'new', ['limit rate over 10/second drop']],
    ['ip6 saddr ::/0 accept', 'new', ['policy']],
  ] as const)('%s: %s', (rules, state, expected) => {
    expect(drops(rules, state)).toEqual(expected)
  })

  test('addresses that are asked for count, and a part of a range is not the whole', () => {
    const some = { ...web, addresses: ['10.1.0.0/16'] }
    expect(drops('ip saddr 10.0.0.0/8 accept', 'new', some)).toEqual([])
    expect(drops('ip saddr 10.1.2.0/24 accept', 'new', some)).toEqual(['policy'])
    expect(drops('ip saddr 172.16.0.0/12 drop\naccept', 'new', some)).toEqual([])
    expect(drops('tcp dport 80 accept', 'new', { ...web, ports: [80, 81] })).toEqual(['policy'])
  })

  test('every chain at a hook has its say, the earlier one first', () => {
    const saved = parseIptables(
      '*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n',
      'ip',
    )
    const fate = fateAt({ chains: saved }, 'input', trafficOf(web, 'ip', 'arriving', 'new'))
    expect(fate.drops.map(describeSpot)).toEqual(['ip mangle INPUT: -p tcp -m tcp --dport 80 -j DROP'])
  })

  test('chains that lead to each other come to an end', () => {
    const text =
      'table ip f {\nchain input {\ntype filter hook input priority 0; policy accept;\njump a\n}\nchain a {\njump b\n}\nchain b {\njump a\n}\n}\n'
    const fate = fateAt({ chains: parseNft(text) }, 'input', trafficOf(web, 'ip', 'arriving', 'new'))
    expect(fate.drops).toEqual([])
  })

  test('NAT behind a jump is seen, and that of another port is not', () => {
    const saved = parseIptables(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n',
      'ip',
    )
    const marks = (port: number) =>
      fateAt(
        { chains: saved },
        'prerouting',
        trafficOf({ ...web, ports: [port, port] }, 'ip', 'arriving', 'new'),
      ).marks.map(({ kind }) => kind)
    expect(marks(80)).toEqual(['nat'])
    expect(marks(81)).toEqual([])
  })
})
