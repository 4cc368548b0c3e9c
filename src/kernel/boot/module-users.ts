/**
 * Modules that need nf_conntrack and so bring it when they are loaded: all that name it in modules.dep
 * of Debian's 6.1.0-49-cloud kernel (depmod), and those of older kernels by their Makefiles. Not among
 * them: nf_tables, br_netfilter, ip_tables, overlay.
 */
const users = new Set(
  `act_connmark act_ct act_ctinfo ip6t_SYNPROXY ip6table_nat ip_vs ip_vs_dh ip_vs_fo ip_vs_ftp ip_vs_lblc
  ip_vs_lblcr ip_vs_lc ip_vs_mh ip_vs_nq ip_vs_ovf ip_vs_pe_sip ip_vs_rr ip_vs_sed ip_vs_sh ip_vs_wlc
  ip_vs_wrr ipt_CLUSTERIP ipt_SYNPROXY iptable_nat nf_conncount nf_conntrack_amanda nf_conntrack_bridge
  nf_conntrack_broadcast nf_conntrack_ftp nf_conntrack_h323 nf_conntrack_irc nf_conntrack_netbios_ns
  nf_conntrack_netlink nf_conntrack_pptp nf_conntrack_sane nf_conntrack_sip nf_conntrack_snmp
  nf_conntrack_tftp nf_flow_table nf_flow_table_inet nf_nat nf_nat_amanda nf_nat_ftp nf_nat_h323 nf_nat_irc
  nf_nat_pptp nf_nat_sip nf_nat_snmp_basic nf_nat_tftp nf_synproxy_core nfnetlink_cthelper
  nfnetlink_cttimeout nft_chain_nat nft_connlimit nft_ct nft_flow_offload nft_masq nft_nat nft_redir
  nft_synproxy openvswitch vport_geneve vport_gre vport_vxlan xt_CONNSECMARK xt_CT xt_MASQUERADE xt_NETMAP
  xt_REDIRECT xt_cluster xt_connbytes xt_connlabel xt_connlimit xt_connmark xt_conntrack xt_helper xt_ipvs
  xt_nat xt_state`.split(/\s+/),
)

/** Modules of kernels up to 4.18 that need the IPv4 part as well. */
const ipv4Users = new Set(
  'nf_conntrack_ipv4 iptable_nat nf_nat_ipv4 nf_nat ipt_MASQUERADE ipt_REDIRECT nft_chain_nat_ipv4 nft_masq_ipv4'.split(
    ' ',
  ),
)
const ipv6Users = new Set('nf_conntrack_ipv6 ip6table_nat nf_nat_ipv6 nft_chain_nat_ipv6'.split(' '))

/**
 * Which conntrack modules come with `module`; none for one that has nothing to do with them or that
 * the kernel does not have. `hasLayer3`: a kernel up to 4.18, with nf_conntrack_ipv4 of its own.
 */
export function conntrackModulesWith(
  module: string,
  family: 'nf' | 'ip',
  hasLayer3: boolean,
): readonly string[] {
  if (family === 'ip') {
    return /^(ip_conntrack|ip_nat|iptable_nat|ipt_(state|conntrack|MASQUERADE))/.test(module)
      ? ['ip_conntrack']
      : []
  }
  // Today's nf_conntrack bears this name as an alias (modules.alias of 6.1), nf_conntrack_ipv4 did before.
  if (module === 'ip_conntrack') return hasLayer3 ? ['nf_conntrack', 'nf_conntrack_ipv4'] : ['nf_conntrack']
  if (hasLayer3) {
    if (ipv4Users.has(module)) return ['nf_conntrack', 'nf_conntrack_ipv4']
    if (ipv6Users.has(module)) return ['nf_conntrack', 'nf_conntrack_ipv6', 'nf_defrag_ipv6']
    if (module.startsWith('nf_conntrack_proto_')) return ['nf_conntrack', module]
  }
  const name = module.replace(/^ip_conntrack_/, 'nf_conntrack_')
  return name === 'nf_conntrack' || users.has(name) ? ['nf_conntrack'] : []
}
