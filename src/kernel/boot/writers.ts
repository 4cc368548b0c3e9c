import { calicoWriters } from './writers/calico.ts'
import { firewalldWriters } from './writers/firewalld.ts'
import { dockerWriters } from './writers/docker.ts'
import { iptablesWriters } from './writers/iptables-service.ts'
import { kubeProxyWriters } from './writers/kube-proxy.ts'
import { rancherWriters } from './writers/rancher.ts'
import { scriptWriters } from './writers/scripts.ts'
import { tunedWriters } from './writers/tuned.ts'
import { ufwWriters } from './writers/ufw.ts'
import type { Writer, WriterFacts } from './writers/writer.ts'

/**
 * Where writers keep what they write; `*` stands for any name. Beyond these: the file that `--config=`
 * of a kube-proxy names, under that path, and the service files of /etc/systemd/system that name calicoctl.
 */
export const writerFiles = [
  '/etc/ufw/sysctl.conf',
  '/etc/ufw/ufw.conf',
  '/etc/default/ufw',
  '/etc/modprobe.d/firewalld-sysctls.conf',
  '/etc/firewalld/firewalld.conf',
  '/etc/sysconfig/iptables-config',
  '/etc/tuned/active_profile',
  '/etc/tuned/tuned-main.conf',
  '/etc/tuned/*/tuned.conf',
  '/etc/tuned/profiles/*/tuned.conf',
  '/usr/lib/tuned/*/tuned.conf',
  '/usr/lib/tuned/profiles/*/tuned.conf',
  '/etc/rancher/k3s/config.yaml',
  '/etc/rancher/rke2/config.yaml',
  '/var/lib/cloud/instance/user-data.txt',
  '/etc/rc.local',
  '/etc/rc.d/rc.local',
  '/etc/local.d/*.start',
  '/etc/network/if-up.d/*',
  '/etc/network/if-pre-up.d/*',
  '/etc/network/interfaces',
  '/etc/networkd-dispatcher/*/*',
  '/etc/NetworkManager/dispatcher.d/*',
  '/etc/crontab',
  '/etc/cron.d/*',
  '/etc/cron.hourly/*',
  '/etc/cron.daily/*',
  '/etc/systemd/system/*.service',
] as const

/** Everybody who is known to write conntrack settings on this host besides the files read at boot. */
export function otherWriters(facts: WriterFacts): readonly Writer[] {
  return [
    kubeProxyWriters,
    rancherWriters,
    calicoWriters,
    dockerWriters,
    ufwWriters,
    firewalldWriters,
    iptablesWriters,
    tunedWriters,
    scriptWriters,
  ].flatMap((writersOf) => writersOf(facts))
}
