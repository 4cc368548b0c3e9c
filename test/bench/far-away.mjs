// @ts-check
// Hosts behind a line that takes its time. In a process of its own: whoever measures waits for nothing else meanwhile.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startProxy } from '../hosts/rig/tcp-proxy.mjs'

/** @typedef {{name: string, address: string, port: number, hostKey: string}} Host */
/** @typedef {import('./contenders.mjs').Hosts} Hosts */
/** @typedef {Omit<Hosts, 'hosts'> & {hosts: readonly Host[]}} NearHosts */

/**
 * The same hosts with a round-trip time.
 * @param {NearHosts} near
 * @param {number} roundTripMs
 * @returns {Promise<{far: Hosts, stop: () => Promise<void>}>}
 */
export async function farAway(near, roundTripMs) {
  const ends = near.hosts.map(({ address, port }) => ({ address, port }))
  const lines = spawn(process.execPath, [fileURLToPath(import.meta.url), String(roundTripMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  lines.stdin.end(JSON.stringify(ends))
  /** @type {number[]} */
  const ports = JSON.parse(String((await once(createInterface(lines.stdout), 'line'))[0]))
  const at = (/** @type {string} */ file) => `${near.folder}/${file}-${roundTripMs}`
  const hosts = near.hosts.map(({ name }, index) => ({ name, address: '127.0.0.1', port: ports[index] ?? 0 }))
  writeFileSync(
    at('known_hosts'),
    near.hosts.map(({ hostKey }, index) => `[127.0.0.1]:${ports[index]} ${hostKey}\n`).join(''),
  )
  const vars = {
    ansible_user: 'root',
    ansible_ssh_private_key_file: near.identityFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${at('known_hosts')} -o IdentitiesOnly=yes`,
  }
  const entries = hosts.map(({ name, address, port }) => [
    name,
    { ansible_host: address, ansible_port: port },
  ])
  // JSON is YAML.
  writeFileSync(
    `${at('inventory')}.yml`,
    JSON.stringify({ all: { vars, hosts: Object.fromEntries(entries) } }),
  )
  return {
    far: {
      ...near,
      hosts,
      inventory: `${at('inventory')}.yml`,
      knownHosts: at('known_hosts'),
    },
    stop: async () => {
      const gone = once(lines, 'exit')
      lines.kill()
      await gone
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let given = ''
  for await (const chunk of process.stdin) given += chunk
  /** @type {{address: string, port: number}[]} */
  const ends = JSON.parse(given)
  const delayMs = Number(process.argv[2]) / 2
  const proxies = await Promise.all(ends.map((to) => startProxy({ to, delayMs })))
  console.log(JSON.stringify(proxies.map(({ port }) => port)))
}
