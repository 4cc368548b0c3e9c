const permissions = 'check the permissions of the file and its folders'

const faults = new Map<string, readonly [what: string, remedy: string]>([
  ['ENOENT', ['there is no such file', 'check the path']],
  ['ENOTDIR', ['there is no such file', 'check the path']],
  ['EISDIR', ['this is a folder, not a file', 'name one of the files in it']],
  ['EACCES', ['may not be read by this user', permissions]],
  ['EPERM', ['may not be read by this user', permissions]],
  ['ELOOP', ['the symbolic links go round in a circle', 'correct the link']],
  ['ENAMETOOLONG', ['there is no such file: the path is too long for one', 'check the path']],
])

/** What a failed look at the file system means, and what to do: fact and remedy. */
export function fileFault(error: unknown): readonly [what: string, remedy: string] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return faults.get(code) ?? [`cannot be read (${code})`, 'check the file']
}
