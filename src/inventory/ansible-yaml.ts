import type { Scalar } from 'yaml'
import type { Problem } from '../problem.ts'
import type { Dialect, ScalarReading } from '../yaml/dialect.ts'
import { readYaml } from '../yaml/read-yaml.ts'
import { isEmpty, type YamlNode } from '../yaml/yaml-node.ts'
import { Vault } from '../secrets/vault.ts'
import { EncryptedValue, unsafeValue } from './marked-value.ts'
import { resolveJsonScalar, resolvePlainScalar, resolveTaggedScalar } from './yaml-scalar.ts'

/**
 * Reads YAML or JSON with the values that Ansible gives it (PyYAML, YAML 1.1); `root` is null for an
 * empty file or one with problems. `vault` opens what is tagged `!vault`, later. Never throws.
 */
export function readAnsibleYaml(
  text: string,
  file: string,
  vault = new Vault([]),
): { readonly root: YamlNode | null; readonly problems: readonly Problem[] } {
  const plainScalar = isJson(text) ? resolveJsonScalar : resolvePlainScalar
  const { root, problems } = readYaml(text, file, {
    ...dialect,
    scalar: (node) => readScalar(node, plainScalar, vault),
  })
  return { root: root === undefined || problems.length > 0 || isEmpty(root) ? null : root, problems }
}

/** Tags under which a list or mapping is what it looks like; braces in `!unsafe` ones are left to their user. */
const collectionTags: ReadonlySet<string> = new Set([
  '!',
  '!unsafe',
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
])

const dialect: Omit<Dialect, 'scalar'> = {
  parser: { version: '1.1', schema: 'failsafe' },
  isStrict: false,
  bounds: {
    nesting: 200,
    nestingRemedy: 'flatten it',
    // A host with two variables has some twenty.
    pieces: 3_000_000,
    values: 1_000_000,
    merged: 1_000_000,
  },
  takesCollectionTag: (tag) => collectionTags.has(tag),
  tagRemedy: () => 'remove it, or put the text in quotes if it is meant as written',
  /** As JSON would spell it. */
  keyName(value) {
    if (typeof value === 'string') return { name: value, isText: true }
    if (typeof value === 'object' && value !== null) return undefined
    return { name: String(value), isText: false }
  },
}

function readScalar(
  node: Scalar.Parsed,
  plainScalar: (text: string) => unknown,
  vault: Vault,
): ScalarReading {
  const text = String(node.value)
  const { tag = '' } = node
  switch (tag) {
    case '':
      return { value: node.type === 'PLAIN' ? plainScalar(text) : text }
    case '!':
      return { value: text }
    case '!vault':
    case '!vault-encrypted':
      return { value: new EncryptedValue(text, vault) }
    case '!unsafe':
      return { value: unsafeValue(text) }
    default:
      return readTagged(text, tag)
  }
}

function readTagged(text: string, tag: string): ScalarReading {
  const name = /^tag:yaml\.org,2002:(str|null|bool|int|float|timestamp)$/.exec(tag)?.[1]
  if (name === undefined) return 'unknown tag'
  const value = resolveTaggedScalar(text, name)
  return value === undefined ? 'not of its tag' : { value }
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
