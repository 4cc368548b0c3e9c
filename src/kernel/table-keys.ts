/** Under which keys the table's own numbers stand in a host's facts. */
export const tableKeys = {
  max: 'net.netfilter.nf_conntrack_max',
  count: 'net.netfilter.nf_conntrack_count',
  buckets: 'net.netfilter.nf_conntrack_buckets',
  /** Not a sysctl: the module's parameter. Kernels 4.8 to 5.11 do not refresh the sysctl when it changes. */
  hashsize: 'hashsize',
} as const

/** Five days unless somebody says otherwise: what keeps idle entries. */
export const establishedTimeout = 'net.netfilter.nf_conntrack_tcp_timeout_established'
