import { expect, test } from 'vitest'
import { splaySeconds } from '../../../src/schedule/splay.ts'

test('the same machine and playbook always wait as long, and less than the most', () => {
  for (let machine = 0; machine < 200; machine += 1) {
    const seconds = splaySeconds(300, `host${machine}`, '/etc/p.yml')
    expect(seconds).toBe(splaySeconds(300, `host${machine}`, '/etc/p.yml'))
    expect(seconds).toBeGreaterThanOrEqual(0)
    expect(seconds).toBeLessThan(300)
  }
})

test('many machines are spread over the whole time', () => {
  const tenths = Array.from({ length: 1000 }, (_, index) =>
    Math.floor(splaySeconds(600, `host${index}`, '/etc/p.yml') / 60),
  )
  expect(new Set(tenths).size).toBe(10)
})

test('no splay is no wait', () => expect(splaySeconds(0, 'host', '/etc/p.yml')).toBe(0))
