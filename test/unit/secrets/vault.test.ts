import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readExtraVars } from '../../../src/inventory/extra-vars.ts'
import { listInventory } from '../../../src/inventory/listing.ts'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { pythonJson } from '../../../src/inventory/python-json.ts'
import { fillValue } from '../../../src/inventory/template.ts'
import { variableReader } from '../../../src/inventory/variable-reader.ts'
import { InputError, UsageError } from '../../../src/problem.ts'
import { openVault, type VaultOptions } from '../../../src/secrets/open-vault.ts'
import { Vault } from '../../../src/secrets/vault.ts'
import { Secret } from '../../../src/ssh/secret.ts'
import { fileOfFormat11, fileOfFormat12, stringOfFormat11 } from './vault-texts.ts'

const plain = 'db_password: hunter2\nansible_port: 2222\n'

function vault(...passwords: readonly (readonly [label: string, password: string])[]): Vault {
  return new Vault(passwords.map(([label, password]) => ({ label, secret: new Secret(password) })))
}

function opened(text: string, from: Vault): string {
  const answer = from.open(text)
  return answer.ok ? answer.bytes.toString() : `${answer.what}; ${answer.remedy}`
}

describe('what ansible-vault wrote is opened', () => {
  test.each([
    ['format 1.1', fileOfFormat11, vault(['default', 'correct horse']), plain],
    ['format 1.2, by its label', fileOfFormat12, vault(['prod', 'other']), plain],
    ['by any password, if the label has none', fileOfFormat12, vault(['a', 'x'], ['b', 'other']), plain],
    ['a string', stringOfFormat11, vault(['default', 'wrong'], ['default', 'correct horse']), 'tr0ub4dor'],
    [
      'with the line ends of Windows',
      fileOfFormat11.replaceAll('\n', '\r\n'),
      vault(['default', 'correct horse']),
      plain,
    ],
  ])('%s', (_name, text, from, content) => {
    expect(opened(text, from)).toBe(content)
  })
})

describe('what stays closed, and why', () => {
  const wrong = 'give the password that it was encrypted with; if it is that, the text is damaged'
  test.each([
    [
      'no password',
      fileOfFormat11,
      vault(),
      'is encrypted with ansible-vault, and there is no password for it; give it with --vault-password-file FILE',
    ],
    [
      'no password for a label',
      fileOfFormat12,
      vault(),
      'is encrypted with ansible-vault (its label is prod), and there is no password for it; give it with --vault-id prod@FILE',
    ],
    [
      'another password',
      fileOfFormat11,
      vault(['default', 'nope']),
      `is encrypted with ansible-vault: the vault password does not open it; ${wrong}`,
    ],
    [
      'other passwords',
      fileOfFormat12,
      vault(['prod', 'a'], ['x', 'b']),
      `is encrypted with ansible-vault (its label is prod): none of the 2 vault passwords opens it; ${wrong}`,
    ],
    [
      'a cut text',
      fileOfFormat11.slice(0, 200),
      vault(['default', 'correct horse']),
      'is not what ansible-vault writes: the text below the first line is cut or changed; encrypt it anew',
    ],
    [
      'an old format',
      '$ANSIBLE_VAULT;1.0;AES\n00',
      vault(),
      'is not what ansible-vault writes: the format "1.0" is neither 1.1 nor 1.2; encrypt it anew',
    ],
    [
      'an old cipher',
      '$ANSIBLE_VAULT;1.1;AES\n00',
      vault(),
      'is not what ansible-vault writes: the cipher "AES" is not AES256; encrypt it anew',
    ],
  ])('%s', (_name, text, from, why) => {
    expect(opened(text, from)).toBe(why)
  })

  test('a change within the sealed text is found before it is opened', () => {
    const lines = fileOfFormat11.split('\n')
    // The last characters are hex of hex: 30 to 39 are digits.
    lines[lines.length - 1] =
      `${lines.at(-1)?.slice(0, -2)}3${lines.at(-1)?.endsWith('1') === true ? '2' : '1'}`
    expect(opened(lines.join('\n'), vault(['default', 'correct horse']))).toContain('does not open it')
  })
})

describe('in an inventory', () => {
  let cwd = ''
  const from = vault(['default', 'correct horse'], ['prod', 'other'])
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'vault-'))
    const indented = stringOfFormat11.replaceAll('\n', '\n  ')
    writeFileSync(join(cwd, 'all.yml'), fileOfFormat12)
    writeFileSync(
      join(cwd, 'hosts.yml'),
      `web:\n  hosts: {web01: }\n  vars:\n    ansible_user: "{{ word }}"\n    ansible_host: 'x{{ word }}y z'\n    word: !vault |\n${`  ${indented}`.replaceAll(/^/gm, '      ')}\n`,
    )
    writeFileSync(join(cwd, 'sealed'), fileOfFormat11)
  })
  afterAll(() => {
    rmSync(cwd, { recursive: true, force: true })
  })

  test('a value is opened where it is used, and listed as it stands', async () => {
    const inventory = await loadInventory(['hosts.yml'], { cwd, vault: from })
    const host = inventory.hosts.get('web01') ?? { name: '', groups: [], vars: {} }
    expect(variableReader(host).text(['ansible_user'])).toBe('tr0ub4dor')
    expect(fillValue(host.vars['ansible_user'], host)).toEqual({
      ok: true,
      value: 'tr0ub4dor',
      isSecret: true,
    })
    expect(pythonJson(listInventory(inventory))).toContain('__ansible_vault')
    expect(pythonJson(listInventory(inventory))).not.toContain('tr0ub4dor')
  })

  test('a value that cannot stand where it is used is not repeated', async () => {
    const inventory = await loadInventory(['hosts.yml'], { cwd, vault: from })
    const host = inventory.hosts.get('web01') ?? { name: '', groups: [], vars: {} }
    const read = variableReader(host)
    read.whole(['ansible_user'], 1, 10, 'a port')
    read.whole(['ansible_host'], 1, 10, 'a port')
    read.truth(['word'])
    expect(read.problems.map(({ fact, at }) => `${at?.file}:${at?.line}:${at?.column}: ${fact}`)).toEqual([
      'hosts.yml:4:5: ansible_user is something encrypted, not a port from 1 to 10',
      'hosts.yml:5:5: ansible_host is something encrypted, not a port from 1 to 10',
      'hosts.yml:6:5: word is something encrypted, not yes or no',
    ])
  })

  test('without a password it is an error where it is used only', async () => {
    const inventory = await loadInventory(['hosts.yml'], { cwd })
    const host = inventory.hosts.get('web01') ?? { name: '', groups: [], vars: {} }
    const read = variableReader(host)
    expect(read.text(['ansible_user'])).toBeUndefined()
    expect(read.problems).toMatchObject([
      {
        at: { file: 'hosts.yml', line: 4, column: 5 },
        fact: 'ansible_user cannot be filled in: in word (hosts.yml:6:5): word is encrypted with ansible-vault, and there is no password for it; give it with --vault-password-file FILE',
      },
    ])
  })

  test('whole files: variables and extra variables', async () => {
    expect(await readExtraVars(['@sealed'], { cwd, vault: from })).toEqual({
      db_password: 'hunter2',
      ansible_port: 2222,
    })
    await expect(readExtraVars(['@sealed'], { cwd })).rejects.toThrow(
      'sealed:1:1: the file is encrypted with ansible-vault, and there is no password for it; give it with --vault-password-file FILE',
    )
  })
})

describe('where passwords come from', () => {
  let cwd = ''
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'vault-passwords-'))
    writeFileSync(join(cwd, 'pass'), 'correct horse\n', { mode: 0o600 })
    writeFileSync(join(cwd, 'open'), 'correct horse\n', { mode: 0o644 })
    writeFileSync(join(cwd, 'get-client.sh'), '#!/bin/sh\n[ "$2" = prod ] && echo other\n')
    chmodSync(join(cwd, 'get-client.sh'), 0o700)
    writeFileSync(join(cwd, 'sealed'), fileOfFormat11, { mode: 0o600 })
  })
  afterAll(() => {
    rmSync(cwd, { recursive: true, force: true })
  })

  async function open(
    options: Partial<VaultOptions>,
    typed: string | null = null,
  ): Promise<{ vault: Vault; asked: readonly string[]; warned: readonly string[] }> {
    const asked: string[] = []
    const warned: string[] = []
    const from = await openVault(
      { vaultId: [], vaultPasswordFile: [], ...options },
      {
        cwd,
        home: cwd,
        env: { PATH: process.env['PATH'] },
        ask:
          typed === null
            ? null
            : async (question) => {
                asked.push(question)
                return typed
              },
        warn: (text) => warned.push(text),
      },
    )
    return { vault: from, asked, warned }
  }

  test('a file, one with a label, a program that is told the label', async () => {
    const { vault: from, warned } = await open({
      vaultPasswordFile: ['open'],
      vaultId: ['prod@get-client.sh'],
    })
    expect(opened(fileOfFormat11, from)).toBe(plain)
    expect(opened(fileOfFormat12, from)).toBe(plain)
    expect(warned).toEqual(['open may be read by other users of this machine: chmod 600 open'])
  })

  test('a question', async () => {
    const { vault: from, asked } = await open(
      { vaultId: ['prod@prompt'], askVaultPass: true },
      'correct horse',
    )
    expect(asked).toEqual(['Vault password (prod):', 'Vault password:'])
    expect(opened(fileOfFormat11, from)).toBe(plain)
  })

  test('no such file, a file that is encrypted itself, and an empty answer, all at once', async () => {
    const refusal = await open({ askVaultPass: true, vaultPasswordFile: ['nowhere', 'sealed'] }, '').catch(
      (error: unknown) => error,
    )
    if (!(refusal instanceof InputError)) throw refusal
    expect(refusal.message.split('\n')).toEqual([
      'nowhere: there is no such file; check the path',
      'sealed: this is encrypted with ansible-vault itself, not the password for it; name the file that holds the password',
      '--ask-vault-pass: an empty password was typed; try again',
    ])
  })

  test.each([
    [
      { askVaultPass: true },
      '--ask-vault-pass asks on a terminal, and there is none; use --vault-password-file,',
    ],
    [
      { vaultId: ['prod@prompt'] },
      '--vault-id prod@prompt asks on a terminal, and there is none; use --vault-id prod@FILE,',
    ],
  ])('nobody to ask: %j', async (options, message) => {
    const refusal = await open(options).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsageError)
    expect(String(refusal)).toContain(message)
  })
})
