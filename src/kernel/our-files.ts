/**
 * The only files we own on a host. `zz-` sorts behind `99-sysctl.conf`, the link through which
 * systemd-sysctl reads /etc/sysctl.conf, and behind every numbered drop-in (sysctl.d(5): by file
 * name, the last assignment wins).
 */
export const ourFiles = {
  sysctl: '/etc/sysctl.d/zz-conntrackctl.conf',
  modprobe: '/etc/modprobe.d/conntrackctl.conf',
  modulesLoad: '/etc/modules-load.d/conntrackctl.conf',
} as const
