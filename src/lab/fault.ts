/** What is wrong with the way to a host. At most one thing a host, so that each shows its own failure. */
export type Fault =
  /** Nothing listens on its port. */
  | { readonly kind: 'down' }
  /** Our key is not in its authorized_keys. */
  | { readonly kind: 'refuses_key' }
  /** It shows another host key than known_hosts has. */
  | { readonly kind: 'other_host_key' }
  /** It takes the connection and stays silent, or lets us in and never starts the command. */
  | { readonly kind: 'hangs'; readonly at: 'banner' | 'command' }
  /** Its login shell prints this before the command runs. */
  | { readonly kind: 'greets'; readonly text: string }
  /** It prints without end instead of running the command. */
  | { readonly kind: 'floods' }
  /** The connection is cut when so many bytes have gone to the command (`input`) or come from it. */
  | { readonly kind: 'cuts'; readonly stream: 'input' | 'output'; readonly afterBytes: number }
  /** The command runs; the channel is closed without a word of how it ended. */
  | { readonly kind: 'hides_exit_status' }
