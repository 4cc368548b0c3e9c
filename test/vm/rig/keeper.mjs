// @ts-check
// The wire to keeper.py: one process that holds all machines of a rig and falls with us.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Built
 * @property {string} folder for the rig's files; the keeper removes it at the end
 * @property {number} keeper process id
 * @property {Record<string, {address: string, port: number}>} vms where a client of each shall connect, by name
 */

/** @typedef {(message: {do: string, vm: string, [more: string]: unknown}) => Promise<any>} Request */

/**
 * Starts the keeper and has it make networks and disks; no machine is on yet. Throws what it says when it cannot.
 * @param {{vms: object[]}} config
 * @returns {Promise<{built: Built, request: Request, stop: () => Promise<void>}>}
 */
export async function startKeeper(config) {
  if (process.getuid?.() !== 0)
    throw new Error('a rig of machines needs root: it makes namespaces and mounts')
  const child = spawn('/usr/bin/python3', ['-BEs', fileURLToPath(new URL('keeper.py', import.meta.url))], {
    detached: true,
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      ...(process.env['TMPDIR'] && { TMPDIR: process.env['TMPDIR'] }),
    },
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (errors = `${errors}${text}`.slice(-4000)))
  child.stdin.on('error', () => {})
  /** @type {Map<number, (answer: {ok?: any, error?: string}) => void>} */
  const waiting = new Map()
  createInterface(child.stdout).on('line', (line) => {
    const answer = JSON.parse(line)
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  let requests = 0
  let hasEnded = false
  const ended = once(child, 'close')
  child.once('close', () => {
    hasEnded = true
    waiting.forEach((tell) => tell({ error: 'the keeper ended' }))
  })

  /** @param {object} message */
  async function send(message) {
    if (hasEnded) throw new Error('the rig: the keeper ended')
    const id = requests++
    /** @type {Promise<{ok?: any, error?: string}>} */
    const answer = new Promise((resolve) => void waiting.set(id, resolve))
    child.stdin.write(`${JSON.stringify({ id, ...message })}\n`)
    const { ok, error } = await answer
    if (error) throw new Error(`the rig: ${error}\n${errors}`.trimEnd())
    return ok
  }

  async function stop() {
    child.stdin.end()
    await ended
    if (errors) throw new Error(`the rig did not end well: ${errors}`)
  }

  try {
    return { built: await send(config), request: send, stop }
  } catch (error) {
    child.stdin.end()
    await ended
    throw error
  }
}
