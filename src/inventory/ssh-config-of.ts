import { resolve } from 'node:path'
import { configMatters } from '../ssh/config-matters.ts'
import { type ClassOf, hostClasses } from '../ssh/host-classes.ts'
import type { SshArguments } from '../ssh/ssh-arguments.ts'
import { type SshConfig, SshConfigFault, type SshConfigReader } from '../ssh/ssh-config.ts'
import type { SshQuestion } from './ssh-settings.ts'
import type { ConnectionDefaults } from './target.ts'
import type { VariableProblem } from './variable-reader.ts'

/** Options that are understood without asking ssh, as long as no file has a say. */
const plain: ReadonlySet<string> = new Set(
  `addressfamily batchmode bindaddress challengeresponseauthentication checkhostip ciphers compression
  connectionattempts connecttimeout controlmaster controlpath controlpersist forwardagent forwardx11
  globalknownhostsfile gssapiauthentication hostkeyalgorithms hostkeyalias identitiesonly identityagent identityfile
  kbdinteractiveauthentication kexalgorithms loglevel macs numberofpasswordprompts passwordauthentication port
  preferredauthentications proxycommand proxyjump pubkeyauthentication requesttty serveralivecountmax
  serveraliveinterval stricthostkeychecking tcpkeepalive updatehostkeys user userknownhostsfile
  visualhostkey`.split(/\s+/),
)

/**
 * What the files and arguments of ssh come to, from `ssh -G` (`isAnswer`) where a file could have a say or an option is
 * beyond us; else from the arguments alone.
 */
export async function configOf(
  question: SshQuestion,
  problems: VariableProblem[],
  defaults: ConnectionDefaults,
): Promise<{ readonly config: SshConfig; readonly isAnswer: boolean }> {
  const { host, words } = question
  // Of the two the first one counts, whichever it is; no jump host is as if none had been named.
  const said = [...words.options].filter(([name, [value]]) => name !== 'proxyjump' || value !== 'none')
  const ways = said.flatMap(([name]) => (name === 'proxyjump' || name === 'proxycommand' ? [name] : []))
  const options = said.filter(([name]) => name !== ways[1])
  const own: SshConfig = new Map([...options, ['hostname', [host]]])
  const beyond = [...words.options].filter(([name, [value = '']]) => !plain.has(name) || /^[-+^]/.test(value))
  const hasSay = filesMatter(words, defaults)
  if (beyond.length === 0 && !hasSay) return { config: own, isAnswer: false }
  try {
    const all = [...configWords(words, defaults), ...words.words]
    const config = await defaults.sshConfig.read(all, host, classOf(question, defaults))
    if (config !== null) return { config, isAnswer: true }
    for (const [name, [value = '']] of beyond)
      problems.push({
        fact: `the ssh option ${name}=${value} is for the system's ssh to read, and there is none on this machine`,
        remedy: 'install it (openssh-client), or remove the option if the hosts can be reached without',
      })
    if (hasSay)
      defaults.warn('ssh_config is not read: there is no ssh on this machine that could tell what it means')
  } catch (error) {
    if (!(error instanceof SshConfigFault)) throw error
    const asked = ['ssh', '-G', ...configWords(words, defaults), ...words.words, host].join(' ')
    problems.push({
      fact: `ssh says: ${error.message}`,
      remedy: `correct what it names; ask it with: ${asked}`,
    })
  }
  return { config: own, isAnswer: false }
}

/** What is known of the files of one run, told once for each. */
const seen = new WeakMap<SshConfigReader, Map<string, { matters: boolean; classOf: ClassOf }>>()

function fileFacts(files: readonly string[], isOwn: boolean, { sshConfig }: ConnectionDefaults) {
  const known = seen.get(sshConfig) ?? new Map<string, { matters: boolean; classOf: ClassOf }>()
  seen.set(sshConfig, known)
  const key = files.join('\n')
  const facts = known.get(key) ?? {
    matters: files.some((file) => configMatters(file)),
    classOf: hostClasses(files, isOwn),
  }
  known.set(key, facts)
  return facts
}

/** The class of a host among those with the same arguments; null where it stands for itself. */
function classOf({ host, words }: SshQuestion, defaults: ConnectionDefaults): string | null {
  // An argument that names the host, or whose tokens ssh fills in, makes it a case of its own.
  if (words.words.join(' ').includes(host)) return null
  const isFilledIn = [...words.options].some(
    ([name, values]) =>
      !/^(identityfile|proxycommand)$/.test(name) && values.some((value) => value.includes('%')),
  )
  if (isFilledIn) return null
  const named = configWords(words, defaults)[1]
  const isOwn = words.configFile === null
  const files = named === undefined ? defaults.sshConfigFiles : named === 'none' ? [] : [named]
  return fileFacts(files, isOwn, defaults).classOf(host)
}

function filesMatter({ configFile }: SshArguments, defaults: ConnectionDefaults): boolean {
  if (configFile !== null) return configFile !== 'none'
  return fileFacts(defaults.sshConfigFiles, true, defaults).matters
}

/** `-F`, where the files are not those that ssh takes by itself. */
export function configWords(
  { configFile }: SshArguments,
  { home, cwd, ownSshConfig }: ConnectionDefaults,
): readonly string[] {
  if (configFile === null) return ownSshConfig === null ? [] : ['-F', ownSshConfig]
  return [
    '-F',
    configFile === 'none'
      ? 'none'
      : resolve(
          cwd,
          configFile.replace(/^~(?=\/|$)/, () => home),
        ),
  ]
}
