// @ts-check
// Debian's packages, from the mirror that this machine's own apt is set up with, without touching apt's state.
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Where Debian's main archive is, as apt knows it.
 * @returns {Promise<string>} a URL that ends with /
 */
export async function configuredMirror() {
  // What it would fetch; to ask for its index targets would answer only where lists have been fetched before.
  const { stdout } = await run('apt-get', ['--print-uris', 'update'])
  const mirrors = [...stdout.matchAll(/^'(\w+:\S+\/)dists\/\S+'/gm)].map(([, uri]) => `${uri}`)
  const mirror = mirrors.find((uri) => /\bdebian\b(?!-)/.test(new URL(uri).pathname))
  if (!mirror) throw new Error('apt has no mirror of Debian: add one to /etc/apt/sources.list.d')
  return mirror
}

/**
 * How apt reaches it, as options for another apt.
 * @returns {Promise<string[]>}
 */
export async function proxyOptions() {
  const { stdout } = await run('apt-config', ['dump', 'Acquire'])
  return stdout.split('\n').filter((line) => /^Acquire::https?::Proxy/i.test(line))
}

/**
 * Downloads packages of a release that need not be this machine's, and unpacks them.
 * @param {{release: string, packages: readonly string[], folder: string}} wish folder: a new one to unpack into
 */
export async function unpackPackages({ release, packages, folder }) {
  const state = `${folder}/apt`
  await mkdir(`${state}/lists/partial`, { recursive: true })
  await mkdir(`${state}/archives/partial`, { recursive: true })
  await writeFile(`${state}/status`, '')
  const mirror = await configuredMirror()
  await writeFile(`${state}/sources.list`, `deb [signed-by=${keyring}] ${mirror} ${release} main\n`)
  const options = [
    `Dir::State=${state}`,
    `Dir::State::lists=${state}/lists`,
    `Dir::State::status=${state}/status`,
    `Dir::Cache=${state}`,
    `Dir::Etc::sourcelist=${state}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    'APT::Sandbox::User=root',
    'APT::Update::Error-Mode=any',
    // A release that is no longer changed may be past the date on its index.
    'Acquire::Check-Valid-Until=false',
  ].flatMap((option) => ['--option', option])
  await run('apt-get', [...options, 'update'], { cwd: state })
  await run('apt-get', [...options, 'download', ...packages], { cwd: state })
  const { stdout } = await run('find', [state, '-name', '*.deb'])
  for (const file of stdout.trim().split('\n')) await run('dpkg-deb', ['--extract', file, folder])
  await run('rm', ['-rf', state])
}
