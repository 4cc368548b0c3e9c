import type { MaxPolicy } from './max-policy.ts'

interface Preset {
  readonly policy: MaxPolicy
  /** Where the rule stands. */
  readonly source: string
  readonly summary: string
}

/** Rules for the size of the table that others use, by the name they have in a playbook. */
export const presets = {
  'kube-proxy': {
    policy: { atLeast: 131_072, perCore: 32_768, atMost: 1_048_576, neverLower: false },
    source:
      'kubernetes pkg/proxy/conntrack/sysctls.go, defaults of --conntrack-max-per-core and --conntrack-min',
    summary: '32768 a core, at least 131072, at most 1048576: what a Kubernetes node is given.',
  },
  kernel: {
    policy: { atLeast: 262_144, neverLower: true },
    source: 'net/netfilter/nf_conntrack_core.c, nf_conntrack_init_start',
    summary: "262144, the kernel's own default from 4 GiB of memory on; a host that has more keeps it.",
  },
  gateway: {
    policy: { atLeast: 262_144, perGib: 65_536, memoryAtMost: { percent: 10 }, neverLower: true },
    source: 'TripleO 500000, Calico 1000000, metal-stack 4194304 on hosts of 8 to 64 GiB',
    summary: '65536 a GiB of memory, at least 262144, at most a tenth of the memory: for NAT gateways.',
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof presets

export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(presets, name)
}
