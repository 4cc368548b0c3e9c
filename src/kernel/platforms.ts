/** What is to hold after a boot, for a platform that is told of it in its own way. */
interface BootWish {
  /** Sysctl keys, dotted, and their values. */
  readonly settings: ReadonlyMap<string, string>
  readonly buckets: number | undefined
}

/** A system that makes its /etc anew, or keeps it in memory: files that we write there do not last. */
export interface Platform {
  /** As people call it. */
  readonly name: string
  /** What becomes of our files; a clause. */
  readonly fate: string
  /**
   * `lost`: they must not be relied on. `on_demand`: they last once somebody has told the system to keep them.
   * `kept`: they last, but stand beside what the system is made from.
   */
  readonly files: 'lost' | 'on_demand' | 'kept'
  /** That platform's own way to the same end, with the values; a sentence. */
  readonly way: (wish: BootWish) => string
  /** Where the facts come from. */
  readonly source: string
}

/** What of a host tells its platform. */
export interface PlatformSigns {
  /** ID of os-release. */
  readonly osId: string
  /** Type of the file system that /etc stands on, as /proc/mounts names it; null when not known. */
  readonly etcFileSystem: string | null
  /** Has it been started by ostree (/run/ostree-booted)? */
  readonly isOstree: boolean
}

const pairs = ({ settings }: BootWish, show: (key: string, value: string) => string): string =>
  [...settings].map(([key, value]) => show(key, value)).join(' ')

const option = ({ buckets }: BootWish, show: (buckets: number) => string): string =>
  buckets === undefined ? '' : ` ${show(buckets)}`

/** The drop-in, spelled as one line. */
const dropIn = (wish: BootWish): string =>
  `/etc/sysctl.d/zz-conntrackctl.conf with ${pairs(wish, (key, value) => `${key}=${value}`)}, /etc/modules-load.d with nf_conntrack${option(wish, (buckets) => `and /etc/modprobe.d with "options nf_conntrack hashsize=${buckets}"`)}`

const stays =
  'what is written to /etc lasts, through updates of the image as well, but a machine that is made anew does not have it'

/** Fedora CoreOS, Silverblue, IoT and the like keep /etc apart from the image and merge it (ostree manual, "Atomic upgrades"). */
const ostree: Platform = {
  name: 'a system whose image ostree deploys',
  fate: stays,
  files: 'kept',
  way: (wish) => `In its Butane config or the image it is built from: ${dropIn(wish)}.`,
  source: 'ostreedev.github.io/ostree, atomic-upgrades; docs.fedoraproject.org, Fedora CoreOS, sysctl',
}

const byId: Readonly<Record<string, Platform>> = {
  flatcar: {
    name: 'Flatcar',
    fate: stays,
    files: 'kept',
    way: (wish) => `In its Butane or Ignition config, storage.files: ${dropIn(wish)}.`,
    source: 'flatcar.org/docs, tuning sysctl parameters',
  },
  rhcos: {
    name: 'RHEL CoreOS of OpenShift',
    fate: 'the machine config operator makes its files, and knows nothing of ours',
    files: 'kept',
    way: (wish) =>
      `In a Tuned profile of the node tuning operator, [sysctl] ${pairs(wish, (key, value) => `${key}=${value}`)}${option(wish, (buckets) => `and [net] nf_conntrack_hashsize=${buckets}`)}, or a MachineConfig with the same files.`,
    source: 'docs.openshift.com, Using the Node Tuning Operator',
  },
  'opensuse-microos': {
    name: 'openSUSE MicroOS',
    fate: stays,
    files: 'kept',
    way: (wish) => `In its Combustion or Ignition config: ${dropIn(wish)}.`,
    source: 'en.opensuse.org, Portal:MicroOS/Design',
  },
  nixos: {
    name: 'NixOS',
    fate: 'its /etc is made from the configuration, and what stands there besides is not its own',
    files: 'lost',
    way: (wish) =>
      `In configuration.nix: ${pairs(wish, (key, value) => `boot.kernel.sysctl."${key}" = ${/^-?\d+$/.test(value) ? value : JSON.stringify(value)};`)}${option(wish, (buckets) => `boot.extraModprobeConfig = "options nf_conntrack hashsize=${buckets}";`)} boot.kernelModules = [ "nf_conntrack" ];`,
    source: 'nixpkgs nixos/modules/config/sysctl.nix; NixOS/nixpkgs#44541',
  },
  guix: {
    name: 'Guix System',
    fate: 'its /etc is made from the configuration at every boot',
    files: 'lost',
    way: (wish) =>
      `In the operating-system, sysctl-service-type: (settings '(${pairs(wish, (key, value) => `("${key}" . "${value}")`)}))${option(wish, (buckets) => `and kernel-arguments '("nf_conntrack.hashsize=${buckets}").`)}`,
    source: 'guix gnu/services/sysctl.scm',
  },
  talos: {
    name: 'Talos',
    fate: 'its root is read-only and made from the machine configuration',
    files: 'lost',
    way: (wish) =>
      `In the machine configuration: machine.sysctls: {${pairs(wish, (key, value) => `${key}: "${value}",`)}}${option(wish, (buckets) => `and machine.kernel.modules: [{name: nf_conntrack, parameters: [hashsize=${buckets}]}].`)}`,
    source: 'siderolabs/talos pkg/machinery/config/types/v1alpha1/v1alpha1_types.go',
  },
  bottlerocket: {
    name: 'Bottlerocket',
    fate: 'its /etc is made from the settings at every boot',
    files: 'lost',
    way: (wish) =>
      `Set ${pairs(wish, (key, value) => `settings.kernel.sysctl."${key}" = "${value}"`)}${option(wish, (buckets) => `and settings.boot.kernel-parameters."nf_conntrack.hashsize" = ["${buckets}"]`)} (apiclient set, or user data).`,
    source: 'bottlerocket.dev, settings.kernel and settings.boot',
  },
  cos: {
    name: 'Container-Optimized OS',
    fate: 'its /etc is kept in memory and made anew at every boot',
    files: 'lost',
    way: (wish) =>
      `In the cloud-init user-data, runcmd: ${pairs(wish, (key, value) => `sysctl -w ${key}="${value}";`)}${option(wish, (buckets) => `echo ${buckets} >/sys/module/nf_conntrack/parameters/hashsize`)}`,
    source: 'cloud.google.com/container-optimized-os, disks and filesystem',
  },
  k3os: {
    name: 'k3OS',
    fate: 'its /etc is made anew at every boot',
    files: 'lost',
    way: (wish) =>
      `In config.yaml: k3os.sysctls: {${pairs(wish, (key, value) => `${key}: "${value}",`)}} and k3os.modules: [nf_conntrack].`,
    source: 'rancher/k3os README, sample config.yaml',
  },
  vyos: {
    name: 'VyOS',
    fate: 'its /etc is made from the configuration at every boot',
    files: 'lost',
    way: (wish) =>
      `In configure mode: ${pairs(wish, (key, value) =>
        key === 'net.netfilter.nf_conntrack_max'
          ? `set system conntrack table-size ${value};`
          : `set system sysctl parameter ${key} value "${value}";`,
      )}${option(wish, (buckets) => `set system conntrack hash-size ${buckets};`)} commit; save.`,
    source: 'docs.vyos.io, system conntrack and system sysctl',
  },
}

/** Alpine that runs from memory keeps changes to /etc in an overlay file, when it is told to (wiki.alpinelinux.org, Alpine local backup). */
const alpineInMemory: Platform = {
  name: 'Alpine in diskless mode',
  fate: 'its /etc stands in memory and is kept only by `lbu commit`',
  files: 'on_demand',
  way: () => 'Run `lbu commit` there once the run is over.',
  source: 'wiki.alpinelinux.org, Alpine local backup',
}

/** Any system whose /etc stands in memory, such as a live image or one under overlayroot. */
const inMemory: Platform = {
  name: 'a system that keeps its /etc in memory',
  fate: 'its /etc stands in memory, and is gone at the next boot',
  files: 'lost',
  way: () =>
    'Make the change in the image from which it boots: `conntrackctl` can be run while that is built.',
  source: 'proc(5), /proc/pid/mounts',
}

const volatileFileSystems: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'rootfs', 'overlayroot'])

/** The platform of a host on which files in /etc do not simply last; null for all the others. */
export function platformOf({ osId, etcFileSystem, isOstree }: PlatformSigns): Platform | null {
  const known = Object.hasOwn(byId, osId) ? byId[osId] : undefined
  if (known !== undefined) return known
  if (etcFileSystem !== null && volatileFileSystems.has(etcFileSystem))
    return osId === 'alpine' ? alpineInMemory : inMemory
  return isOstree ? ostree : null
}
