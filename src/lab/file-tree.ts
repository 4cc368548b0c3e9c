/** A file of an embedded host: regular with its mode, or a symbolic link. */
export type Entry = { readonly text: string; readonly mode: number } | { readonly linkTo: string }

/** The files of a host by absolute path, as they stand below its root; their folders are understood. */
export type FileTree = ReadonlyMap<string, Entry>

/** A regular file that only its owner may write. */
export function file(text: string, mode = 0o644): Entry {
  return { text, mode }
}
