// @ts-check
// What a test can see and do on one machine of the rig, past ssh.

/** @typedef {import('../../hosts/rig/host.mjs').Ended} Ended */

/**
 * @typedef {object} Vm
 * @property {string} name
 * @property {number} memoryMiB
 * @property {string} address of loopback, where a client shall connect
 * @property {number} port
 * @property {string} hostKey `ssh-ed25519 AAAA…`
 * @property {(script: string) => Promise<Ended>} exec runs it with sh, as root, inside the machine, over a serial line
 *   and not by ssh; one at a time
 * @property {(script: string) => Promise<string>} output what such a script prints, trimmed; throws when it fails
 * @property {(path: string) => Promise<string>} readFile throws when it cannot be read
 * @property {(path: string, text: string) => Promise<void>} writeFile with its folder, mode 0644
 * @property {() => Promise<string>} kernelLog dmesg
 * @property {() => Promise<string>} console what the kernel has printed since it was switched on
 * @property {() => Promise<string>} bootId
 * @property {() => Promise<void>} powerCycle writes what is pending, cuts the power and switches on again
 * @property {() => Promise<void>} pullPlug cuts the power: what was not yet written is lost. Switches on again
 * @property {() => Promise<void>} reboot shuts down in order and starts again. A reboot that the machine does by itself
 *   works as well
 * @property {() => Promise<void>} stop cuts the power
 * @property {() => Promise<void>} start switches on after stop, and waits until systemd has done all there was to do
 */

/**
 * @param {{name: string, address: string, port: number, hostKey: string, memoryMiB: number}} vm
 * @param {import('./keeper.mjs').Request} request
 * @returns {Vm}
 */
export function attachVm(vm, request) {
  /** @param {string} what @param {object} [more] */
  const ask = (what, more) => request({ do: what, vm: vm.name, ...more })

  /** @param {string} script @returns {Promise<Ended>} */
  async function exec(script) {
    const { code, stdout, stderr } = await ask('run', { script: Buffer.from(script).toString('base64') })
    const text = (/** @type {string} */ encoded) => Buffer.from(encoded, 'base64').toString()
    return { code, stdout: text(stdout), stderr: text(stderr) }
  }

  /** @param {string} script */
  async function succeed(script) {
    const { code, stdout, stderr } = await exec(script)
    if (code !== 0) throw new Error(`${vm.name}: ${stderr.trim() || `exit status ${code}`}`)
    return stdout
  }

  /** Whether a unit failed is a test's own question, so the answer does not count. */
  const booted = async () => void (await exec('systemctl is-system-running --wait'))

  async function start() {
    await ask('start')
    await booted()
  }

  return {
    ...vm,
    exec,
    output: async (script) => (await succeed(script)).trim(),
    readFile: (path) => succeed(`cat ${quote(path)}`),
    writeFile: async (path, text) => {
      const lines = Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\n')
      await succeed(
        `mkdir -p "$(dirname ${quote(path)})" && base64 -d >${quote(path)} <<'end'\n${lines}\nend\n`,
      )
    },
    kernelLog: () => succeed('dmesg'),
    console: () => ask('console'),
    bootId: async () => (await succeed('cat /proc/sys/kernel/random/boot_id')).trim(),
    powerCycle: async () => {
      await ask('power-off')
      await start()
    },
    pullPlug: async () => {
      await ask('pull-plug')
      await start()
    },
    reboot: async () => {
      await ask('reboot')
      await booted()
    },
    stop: () => ask('pull-plug'),
    start,
  }
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
