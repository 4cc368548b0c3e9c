/** A service that loads nf_conntrack when it starts. */
export interface ConntrackService {
  readonly name: string
  /**
   * `after`: it starts when the sysctls are long set. `around`: nothing orders it against that
   * (DefaultDependencies=no, and no After=systemd-sysctl.service).
   */
  readonly starts: 'after' | 'around'
  /** A file of sysctls that it applies itself, once its rules are in. */
  readonly applies?: 'ufw' | 'iptables_list'
  /** Where that stands. */
  readonly source: string
}

/** Known by the names of their units and init scripts. */
export const conntrackServices: readonly ConntrackService[] = [
  { name: 'nftables', starts: 'around', source: 'nftables.service of Debian nftables 1.0.6' },
  {
    name: 'netfilter-persistent',
    starts: 'around',
    source: 'netfilter-persistent.service of Debian 1.0.20: after systemd-modules-load.service only',
  },
  { name: 'ferm', starts: 'around', source: 'ferm.service of Debian 2.5.1' },
  {
    name: 'ufw',
    starts: 'around',
    applies: 'ufw',
    source:
      'ufw.service of Debian 0.36.2; lib/ufw/ufw-init-functions: sysctl -e -q -p $IPT_SYSCTL after the rules',
  },
  { name: 'firewalld', starts: 'after', source: 'firewalld.service of Debian 1.3.3: after dbus.service' },
  {
    name: 'iptables',
    starts: 'after',
    applies: 'iptables_list',
    source: 'init.d/iptables of RHEL 6, load_sysctl: fgrep ITEM /etc/sysctl.conf | sysctl -p -',
  },
  { name: 'ip6tables', starts: 'after', applies: 'iptables_list', source: 'as iptables' },
  {
    name: 'shorewall',
    starts: 'after',
    source: 'shorewall.service of Debian 5.2.8: after network-online.target',
  },
  { name: 'docker', starts: 'after', source: 'moby daemon init_linux.go: modprobe nf_conntrack at start' },
  { name: 'kubelet', starts: 'after', source: 'kube-proxy runs in a container that the kubelet starts' },
  { name: 'kube-proxy', starts: 'after', source: 'kubernetes pkg/proxy/iptables: rules with ctstate' },
  {
    name: 'k3s',
    starts: 'after',
    source: 'k3s.service: ExecStartPre=-/sbin/modprobe br_netfilter; its kube-proxy has rules with ctstate',
  },
  { name: 'k3s-agent', starts: 'after', source: 'as k3s' },
  { name: 'rke2-server', starts: 'after', source: 'as k3s' },
  { name: 'rke2-agent', starts: 'after', source: 'as k3s' },
  { name: 'libvirtd', starts: 'after', source: 'libvirt src/network: masquerading rules of its networks' },
  { name: 'firewall', starts: 'after', source: 'OpenWrt /etc/init.d/firewall, START=19, sysctl at 11' },
]
