import { expect, test } from 'vitest'
import { unloadOrder } from '../../../src/kernel/unload-order.ts'

/** As /proc/modules of a Debian 12 has it, with a helper and its NAT part loaded and no rule that uses them. */
const idle = [
  { name: 'nf_nat_ftp', uses: 0, users: [] },
  { name: 'nf_conntrack_ftp', uses: 1, users: ['nf_nat_ftp'] },
  { name: 'nf_nat', uses: 1, users: ['nf_nat_ftp'] },
  { name: 'nf_conntrack', uses: 3, users: ['nf_nat_ftp', 'nf_conntrack_ftp', 'nf_nat'] },
  { name: 'nf_defrag_ipv4', uses: 1, users: ['nf_conntrack'] },
]

test('users go first, each once', () => {
  const order = unloadOrder(['nf_conntrack'], idle)
  expect(order).toEqual({ ok: true, modules: ['nf_nat_ftp', 'nf_conntrack_ftp', 'nf_nat', 'nf_conntrack'] })
  expect(unloadOrder(['nf_conntrack', 'nf_nat_ftp'], idle)).toEqual(order)
})

test('a helper goes alone, with what needs it', () => {
  expect(unloadOrder(['nf_conntrack_ftp'], idle)).toEqual({
    ok: true,
    modules: ['nf_nat_ftp', 'nf_conntrack_ftp'],
  })
})

test('what is not loaded leaves nothing to do', () => {
  expect(unloadOrder(['nf_conntrack_sip'], idle)).toEqual({ ok: true, modules: [] })
})

test('up to 4.18 the part of a protocol goes before the core', () => {
  const old = [
    { name: 'nf_conntrack', uses: 2, users: ['nf_conntrack_ipv4', 'xt_state'] },
    { name: 'xt_state', uses: 0, users: [] },
    { name: 'nf_conntrack_ipv4', uses: 0, users: [] },
  ]
  expect(unloadOrder(['nf_conntrack'], old)).toEqual({
    ok: true,
    modules: ['nf_conntrack_ipv4', 'xt_state', 'nf_conntrack'],
  })
})

test('a module that is not of conntrack stands in the way, and so does what is no module', () => {
  const switched = [
    { name: 'nf_conntrack', uses: 1, users: ['openvswitch'] },
    { name: 'openvswitch', uses: 0, users: [] },
  ]
  expect(unloadOrder(['nf_conntrack'], switched)).toEqual({
    ok: false,
    module: 'nf_conntrack',
    holder: 'openvswitch',
  })
  const ruled = [
    { name: 'nf_conntrack', uses: 1, users: ['xt_conntrack'] },
    { name: 'xt_conntrack', uses: 3, users: [] },
  ]
  expect(unloadOrder(['nf_conntrack'], ruled)).toEqual({ ok: false, module: 'xt_conntrack', holder: null })
})
