/** A file that is shipped beside the program, such as `playbooks`. This file stands where the program is built to: one folder below. */
export function ownFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url)
}
