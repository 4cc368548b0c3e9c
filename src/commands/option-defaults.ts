/** What options are where nobody gives them, on the command line and in the library alike. Times are in seconds. */
export const optionDefaults = {
  forks: 50,
  connection: 'ssh',
  becomeMethod: 'sudo',
  becomeUser: 'root',
  loginTimeout: 20,
  commandTimeout: 60,
  retries: 5,
  /** Percent of max. */
  warn: 75,
  critical: 90,
} as const
