// @ts-check
// The wire to keeper.py: one process that holds all hosts of a rig and falls with us.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Built
 * @property {string} folder for the rig's files; the keeper removes it at the end
 * @property {number} keeper process id
 * @property {Record<string, {address: string, port: number, pid: number | null}>} hosts by name
 */

/**
 * Starts the keeper and has it build the hosts. Throws what it says when it cannot.
 * @param {{template: object, hosts: object[]}} config
 */
export async function startKeeper(config) {
  if (process.getuid?.() !== 0) throw new Error('a rig of hosts needs root: it makes namespaces and mounts')
  // Python by its full name: a version manager's stand-in would not have fusepy.
  const child = spawn('/usr/bin/python3', ['-BEs', fileURLToPath(new URL('keeper.py', import.meta.url))], {
    detached: true,
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      ...(process.env['TMPDIR'] && { TMPDIR: process.env['TMPDIR'] }),
    },
  })
  const ended = once(child, 'close')
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (errors = `${errors}${text}`.slice(-4000)))
  child.stdin.on('error', () => {})
  /** @type {((line: string) => void)[]} */
  const waiting = []
  createInterface(child.stdout).on('line', (line) => waiting.shift()?.(line))
  void ended.then(() => waiting.splice(0).forEach((tell) => tell('{"error":"the keeper ended"}')))

  /**
   * @param {object} message
   * @returns {Promise<any>}
   */
  async function request(message) {
    /** @type {Promise<string>} */
    const line = new Promise((resolve) => void waiting.push(resolve))
    child.stdin.write(`${JSON.stringify(message)}\n`)
    const { ok, error } = JSON.parse(await line)
    if (error) throw new Error(`the rig: ${error}\n${errors}`.trimEnd())
    return ok
  }

  async function stop() {
    child.stdin.end()
    await ended
    if (errors) throw new Error(`the rig did not end well: ${errors}`)
  }

  try {
    return { built: /** @type {Built} */ (await request(config)), request, stop }
  } catch (error) {
    child.stdin.end()
    await ended
    throw error
  }
}
