import { expect, test } from 'vitest'
import type { BootFile } from '../../../src/kernel/boot/boot-system.ts'
import { initramfsLoad } from '../../../src/kernel/boot/initramfs.ts'

function file(path: string, ...lines: string[]): BootFile {
  return { path, kind: 'file', link: null, lines: lines.map((text, index) => ({ line: index + 1, text })) }
}

test.each([
  ['/etc/initramfs-tools/modules', 'nf_conntrack hashsize=512'],
  ['/etc/mkinitcpio.conf', 'MODULES=(ext4 nf_conntrack)'],
  ['/etc/dracut.conf', 'force_drivers+=" nf_conntrack "'],
  ['/etc/dracut.conf.d/10-net.conf', 'force_drivers+=" nf_conntrack "'],
])('%s with %j loads it', (path, line) => {
  expect(initramfsLoad([file('/etc/sysctl.conf'), file(path, '# a comment', line)])).toEqual({
    loads: 'yes',
    place: { file: path, line: 2 },
  })
})

test.each([
  ['/etc/initramfs-tools/modules', '# nf_conntrack', 'no'],
  ['/etc/initramfs-tools/modules', 'ext4', 'no'],
  ['/etc/mkinitcpio.conf', 'MODULES=(ext4)', 'no'],
  ['/etc/dracut.conf', 'add_drivers+=" nf_conntrack "', 'unknown'],
  ['/etc/modules', 'nf_conntrack', 'unknown'],
])('%s with %j: %s', (path, line, loads) => {
  expect(initramfsLoad([file(path, line)])).toEqual({ loads, place: null })
})
