import { expect, test } from 'vitest'
import { stateFolder } from '../../../src/record/state-folder.ts'

const ops = { env: {}, home: '/home/ops', user: 'ops', cwd: '/srv' }

test.each([
  ['the option', '/a', { CONNTRACKCTL_STATE_DIR: '/b', XDG_STATE_HOME: '/c' }, 'ops', '/a'],
  ['a relative option, from the working folder', 'records', {}, 'ops', '/srv/records'],
  ['our variable', undefined, { CONNTRACKCTL_STATE_DIR: '/b', XDG_STATE_HOME: '/c' }, 'ops', '/b'],
  [
    'an empty variable, as if unset',
    undefined,
    { CONNTRACKCTL_STATE_DIR: '', XDG_STATE_HOME: '/c' },
    'ops',
    '/c/conntrackctl',
  ],
  [
    'a relative XDG_STATE_HOME, ignored',
    undefined,
    { XDG_STATE_HOME: 'c' },
    'ops',
    '/home/ops/.local/state/conntrackctl',
  ],
  ['the home folder', undefined, {}, 'ops', '/home/ops/.local/state/conntrackctl'],
  ["root's one place", undefined, {}, 'root', '/var/lib/conntrackctl'],
  ['what root asked for', undefined, { XDG_STATE_HOME: '/c' }, 'root', '/c/conntrackctl'],
])('%s', (_, option, env, user, folder) => {
  expect(stateFolder(option, { ...ops, env, user })).toBe(folder)
})
