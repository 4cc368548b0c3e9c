// @ts-check
// What a test can see and do on one host of the rig, past ssh.
import { execFile } from 'node:child_process'
import { readFile, readdir, readlink, writeFile } from 'node:fs/promises'
import { liveValuesScript, parseLiveValues, snapshotFiles } from './snapshot.mjs'

/** @typedef {{code: number, stdout: string, stderr: string}} Ended */

/**
 * @typedef {object} RigHost
 * @property {string} name
 * @property {import('./host-spec.mjs').HostKind} kind
 * @property {string} address where a client shall connect: the host's own, or its proxy's
 * @property {number} port
 * @property {string} hostKey the one it really has, `ssh-ed25519 AAAA…`
 * @property {import('./tcp-proxy.mjs').Proxy | undefined} proxy
 * @property {(script: string) => Promise<Ended>} exec runs it with sh, as root, inside the host but not by ssh
 * @property {(path: string) => Promise<string>} readFile throws when it cannot be read
 * @property {(path: string, text: string) => Promise<void>} setValue writes a file there; count can be set too, if the
 *   spec gave one
 * @property {() => Promise<Record<string, string>>} snapshot every file that is the host's own with mode, owner, time and
 *   checksum, and every live value: equal before and after means that nothing was touched
 * @property {() => Promise<{pid: number, command: string}[]>} processes that run there now, but for its first one
 * @property {() => Promise<string>} log of its sshd
 * @property {() => Promise<number>} connections its sshd has seen
 * @property {() => Promise<void>} reboot ends all processes and starts again from its files, as Debian does
 * @property {() => Promise<void>} stop ends it; from then on connections are refused
 */

/**
 * @param {{spec: import('./host-spec.mjs').HostSpec, hostKey: string,
 *   built: {address: string, port: number, pid: number | null},
 *   proxy: import('./tcp-proxy.mjs').Proxy | undefined}} host
 * @param {{built: import('./keeper.mjs').Built, request: (message: object) => Promise<any>}} keeper
 * @returns {RigHost}
 */
export function attachHost({ spec, built, proxy, hostKey }, keeper) {
  const { name } = spec
  // The rig's mounts are the keeper's alone; the kernel shows them here.
  const tree = `/proc/${keeper.built.keeper}/root${keeper.built.folder}/tree`
  let { pid } = built

  /** @param {string} script */
  const exec = (script) => inside(pid, name, script)

  /** @param {string} script */
  async function succeed(script) {
    const { code, stdout, stderr } = await exec(script)
    if (code !== 0) throw new Error(`${name}: ${stderr.trim() || `exit status ${code}`}`)
    return stdout
  }

  const log = () => readFile(`${tree}/hosts/${name}/sshd.log`, 'utf8').catch(emptyWhenMissing)

  return {
    name,
    kind: spec.kind ?? 'standard',
    address: proxy?.address ?? built.address,
    port: proxy?.port ?? built.port,
    hostKey,
    proxy,
    exec,
    readFile: (path) => succeed(`cat ${quote(path)}`),
    setValue: async (path, text) => {
      if (path.endsWith('conntrack_count'))
        await writeFile(`${tree}/values/${name}/settings`, JSON.stringify({ count: Number(text) }))
      else await succeed(`printf '%s\\n' ${quote(text)} >${quote(path)}`)
    },
    snapshot: async () => {
      const files = await snapshotFiles(`${tree}/hosts/${name}/upper`)
      // Mounted over the upper layer there, so not in it.
      for (const path of spec.kind === 'full-disk' ? ['sysctl.d', 'modprobe.d', 'modules-load.d'] : [])
        Object.assign(files, await snapshotFiles(`/proc/${pid}/root/etc/${path}`, `/etc/${path}`))
      return { ...files, ...parseLiveValues(await succeed(liveValuesScript)) }
    },
    processes: () => processesOf(pid),
    log,
    connections: async () =>
      (await log()).split('\n').filter((line) => line.startsWith('Connection from')).length,
    reboot: async () => {
      ;({ pid } = await keeper.request({ do: 'reboot', host: name }))
    },
    stop: async () => {
      await keeper.request({ do: 'stop', host: name })
      pid = null
    },
  }
}

/**
 * @param {number | null} pid of the host's first process
 * @param {string} name
 * @param {string} script
 * @returns {Promise<Ended>}
 */
function inside(pid, name, script) {
  if (pid === null) throw new Error(`${name} is not running`)
  return new Promise((resolve, reject) => {
    execFile(
      'nsenter',
      ['-t', `${pid}`, '-m', '-u', '-i', '-n', '-p', '-r', '-w', 'sh', '-c', script],
      {
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
        maxBuffer: 2 ** 26,
      },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error)
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr })
      },
    ).stdin?.end()
  })
}

/** @param {number | null} first */
async function processesOf(first) {
  const found = []
  const namespace = await readlink(`/proc/${first}/ns/pid`)
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === first) continue
    try {
      if ((await readlink(`/proc/${name}/ns/pid`)) !== namespace) continue
      const words = await readFile(`/proc/${name}/cmdline`, 'utf8')
      found.push({ pid: Number(name), command: words.split('\0').join(' ').trim() })
    } catch {
      // It ended while we looked.
    }
  }
  return found
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** @param {NodeJS.ErrnoException} error */
function emptyWhenMissing(error) {
  if (error.code === 'ENOENT') return ''
  throw error
}
