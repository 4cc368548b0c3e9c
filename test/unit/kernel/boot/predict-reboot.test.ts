import { expect, test } from 'vitest'
import type { BootFile, BootSystem } from '../../../../src/kernel/boot/boot-system.ts'
import { predictBoot } from '../../../../src/kernel/boot/predict-boot.ts'
import { predictReboot } from '../../../../src/kernel/boot/predict-reboot.ts'

const max = 'net.netfilter.nf_conntrack_max'

function file(path: string, text: string): BootFile {
  return { path, kind: 'file', link: null, lines: [{ line: 1, text }] }
}

function debian(...files: readonly BootFile[]): BootSystem {
  return {
    init: 'systemd',
    os: { id: 'debian', version: '12' },
    kernel: '6.1.0',
    family: 'nf',
    pageBytes: 4096,
    pointerBytes: 8,
    memoryTotalBytes: 2 ** 30,
    builtin: [],
    loaded: [],
    initramfsLoads: 'no',
    commandLine: '',
    files: [file('/etc/modules-load.d/a.conf', 'nf_conntrack'), ...files],
    services: [],
    versions: { systemd: '252', procps: null },
    paths: null,
    keys: [],
  }
}

const vendor = file('/usr/lib/sysctl.d/90-vendor.conf', `${max} = 79000`)

test('a file below /run is gone after a reboot, unless it is written again', () => {
  const system = debian(vendor, file('/run/sysctl.d/90-vendor.conf', `${max} = 80000`))
  expect(predictBoot(system).keys.get(max)?.value).toBe('80000')
  expect(predictReboot(system).keys.get(max)).toMatchObject({
    value: '79000',
    certainty: 'unknown',
    alternatives: ['80000'],
    why: '/usr/lib/sysctl.d/90-vendor.conf:1 sets it; or 80000, if the files below /run are written again in time',
  })
})

test('one that changes nothing leaves the prediction as it is', () => {
  const rule = file('/run/udev/rules.d/99-netplan.rules', 'SUBSYSTEM=="net", RUN+="/bin/true"')
  expect(predictReboot(debian(vendor, rule))).toEqual(predictBoot(debian(vendor)))
})

test('one that alone brings the module leaves it open whether it comes', () => {
  const { files, ...rest } = debian(file('/run/modules-load.d/b.conf', 'nf_conntrack'), vendor)
  const { keys, moduleCertainty } = predictReboot({ ...rest, files: files.slice(1) })
  expect(moduleCertainty).toBe('unknown')
  expect(keys.get(max)).toMatchObject({ value: null, certainty: 'unknown', alternatives: ['79000'] })
})
