import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { printable } from '../printable.ts'

/** Keywords of ssh_config in lower case, each with its values in the order in which they count. */
export type SshConfig = ReadonlyMap<string, readonly string[]>

/** `ssh -G` does not take the arguments or a configuration file; the message is its own. */
export class SshConfigFault extends Error {
  override readonly name = 'SshConfigFault'
}

/** `Match exec` and `CanonicalizeHostname` may take their time. */
const limitMilliseconds = 15_000

/**
 * Asks the system's `ssh -G` what its configuration files and `words` come to for a host: nobody knows `Match`,
 * `Include`, tokens and the order of files as well. The same question is asked once.
 */
export class SshConfigReader {
  readonly #program: string
  readonly #answers = new Map<string, Promise<SshConfig | null>>()
  readonly #firstOfClass = new Map<string, string>()
  readonly #limit = pLimit(availableParallelism() * 2)

  constructor(program = 'ssh') {
    this.#program = program
  }

  /**
   * What differs from OpenSSH's own defaults, and always `hostname`; null when there is no `ssh` on this machine.
   * Hosts of one class (see `hostClasses`) share an answer. Throws SshConfigFault.
   */
  async read(words: readonly string[], host: string, ofClass: string | null): Promise<SshConfig | null> {
    const key = JSON.stringify([words, ofClass])
    const first = ofClass === null ? host : (this.#firstOfClass.get(key) ?? host)
    if (ofClass !== null) this.#firstOfClass.set(key, first)
    const [answer, defaults] = await Promise.all([
      this.#ask([...words, '--', first]),
      this.#ask(['-F', 'none', '--', 'localhost']),
    ])
    if (answer === null || defaults === null) return null
    const said = [...answer].filter(
      ([name, values]) => name === 'hostname' || defaults.get(name)?.join('\n') !== values.join('\n'),
    )
    const config = new Map(said)
    if (config.get('hostname')?.[0] === first) config.set('hostname', [host])
    return config
  }

  #ask(words: readonly string[]): Promise<SshConfig | null> {
    const key = JSON.stringify(words)
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const answer = this.#limit(() => this.#run(words))
    this.#answers.set(key, answer)
    return answer
  }

  #run(words: readonly string[]): Promise<SshConfig | null> {
    return new Promise((resolve, reject) => {
      const options = { timeout: limitMilliseconds, maxBuffer: 1024 * 1024 }
      const child = execFile(this.#program, ['-G', ...words], options, (error, stdout, stderr) => {
        if (error === null) resolve(parseSshConfig(stdout))
        else if (error.code === 'ENOENT') resolve(null)
        else if (error.killed === true)
          reject(new SshConfigFault(`it took more than ${limitMilliseconds / 1000} s`))
        else reject(new SshConfigFault(wordsOf(stderr) || error.message))
      })
      child.stdin?.end()
    })
  }
}

/** Reads what `ssh -G` prints: a keyword and a value on each line. */
function parseSshConfig(text: string): SshConfig {
  const config = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? []
    if (name === '') continue
    const values = config.get(name.toLowerCase())
    if (values === undefined) config.set(name.toLowerCase(), [value])
    else values.push(value)
  }
  return config
}

function wordsOf(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line !== '' && !line.startsWith('Pseudo-terminal'))
  return printable(lines.join('; ')).slice(0, 500)
}
