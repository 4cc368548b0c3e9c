import { expect, test } from 'vitest'
import { sysctlPath } from '../../../src/kernel/sysctl-key.ts'
import { tunables } from '../../../src/kernel/tunables.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { hostTree } from '../../../src/lab/host-tree.ts'
import { isOlderThan } from '../../../src/lab/kernel-version.ts'

test.each([
  ['2.6.18-419.el5', '2.6.20', true],
  ['5.14.0-427.el9', '5.15', true],
  ['5.15.0-119-generic', '5.15', false],
  ['6.1.0-25-amd64', '6.1', false],
  ['6.1.0-25-amd64', '6.17', true],
  ['10.0', '9.9', false],
])('%s is older than %s: %s', (release, version, expected) => {
  expect(isOlderThan(release, version)).toBe(expected)
})

test('names are told apart, and every hashsize is one that the kernel would not round', () => {
  expect(new Set(conditions.map(({ name }) => name)).size).toBe(conditions.length)
  for (const { name, table } of conditions) expect(table.hashsize % 512, name).toBe(0)
})

const modern = conditions.filter(({ conntrack }) => conntrack === 'module' || conntrack === 'builtin')

test.each(modern)('$name has every setting of its kernel, and no other', (condition) => {
  const { kernel } = condition
  const tree = hostTree(condition, condition.name, 0)
  for (const { key, since, until } of tunables) {
    const isThere =
      (since === undefined || !isOlderThan(kernel, since)) &&
      (until === undefined || isOlderThan(kernel, until))
    expect(tree.has(sysctlPath(key)), key).toBe(isThere)
  }
})

test('a kernel has the defaults of its age', () => {
  const valueOn = (name: string, key: string): string | undefined => {
    const condition = conditions.find((candidate) => candidate.name === name)
    if (condition === undefined) throw new Error(`there is no condition ${name}`)
    const entry = hostTree(condition, name, 0).get(sysctlPath(key))
    return entry !== undefined && 'text' in entry ? entry.text : undefined
  }
  const stream = 'net.netfilter.nf_conntrack_udp_timeout_stream'
  expect(['centos7', 'edge', 'web'].map((name) => valueOn(name, stream))).toEqual(['180\n', '120\n', '120\n'])
  expect(valueOn('centos5', 'net.ipv4.netfilter.ip_conntrack_tcp_timeout_established')).toBe('432000\n')
  expect(valueOn('centos5', 'net.ipv4.netfilter.ip_conntrack_tcp_loose')).toBe('3\n')
})

test('a read-only container has no file below /proc/sys and /sys that its owner may write', () => {
  const condition = conditions.find(({ readOnly }) => readOnly === 'proc_sys')
  if (condition === undefined) throw new Error('there is no read-only container')
  const writable = [...hostTree(condition, 'x', 0)].filter(
    ([path, entry]) => /^\/(proc\/sys|sys)\//.test(path) && 'mode' in entry && (entry.mode & 0o222) !== 0,
  )
  expect(writable).toEqual([])
})

test('two hosts of a kind differ in name, boot id and entries', () => {
  const [web] = conditions
  if (web === undefined) throw new Error('there are no conditions')
  const [one, other] = [hostTree(web, 'web01', 0), hostTree(web, 'web02', 1)]
  const differing = [...one].filter(
    ([path, entry]) => JSON.stringify(entry) !== JSON.stringify(other.get(path)),
  )
  expect(differing.map(([path]) => path).sort()).toEqual([
    '/etc/hostname',
    '/proc/net/stat/nf_conntrack',
    '/proc/sys/kernel/random/boot_id',
    '/proc/sys/net/netfilter/nf_conntrack_count',
  ])
})
