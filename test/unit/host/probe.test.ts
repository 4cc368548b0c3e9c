import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { otherBootFiles } from '../../../src/kernel/boot/boot-system.ts'
import { conntrackServices } from '../../../src/kernel/boot/conntrack-services.ts'

const probe = readFileSync('src/host/probe.sh', 'utf8')

test.each(otherBootFiles)('the probe reads %s, of which the prediction must know', (path) => {
  expect(probe).toMatch(new RegExp(`[ ;]${path.replaceAll('.', '\\.')}[ ;]`))
})

test('services are told by the names that the prediction knows them under', () => {
  for (const { name } of conntrackServices) expect(name).toMatch(/^[a-z0-9-]+$/)
})
