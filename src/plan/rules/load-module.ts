import type { HostFacts } from '../../host/facts.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import type { SizedWish } from '../size-wish.ts'
import { isConntrackKey } from '../targets.ts'

/** A child user namespace of Linux 3.18 to 5.0 shows no max at all (nf_conntrack_standalone.c, procname = NULL). */
const hidden: RuleOutcome = {
  verdict: 'unsupported',
  findings: [
    {
      code: 'not-our-namespace',
      severity: 'error',
      message:
        'the module is there, but max and hashsize are hidden: they belong to the host of this container',
      hint: 'Run the playbook against the host that this container runs on.',
    },
  ],
}

function wishesConntrack({ max, buckets, sysctls }: SizedWish): boolean {
  return max !== undefined || buckets !== undefined || sysctls.some(({ key }) => isConntrackKey(key))
}

/** No load and no boot brings what the kernel was not built with, or what no package of its brought along. */
function lacking({ kernel }: HostFacts): RuleOutcome {
  return {
    verdict: 'unsupported',
    findings: [
      {
        code: 'module-missing',
        severity: 'error',
        message: `this kernel has no conntrack: it is not built in, and /lib/modules/${kernel} holds no nf_conntrack`,
        hint: "Install the package with the rest of this kernel's modules, boot a kernel that has it, or leave this host out.",
      },
    ],
  }
}

/** Loads the module where the play asks for it; otherwise says that the kernel has no table to change. */
export const loadModule: Rule = (wish, facts) => {
  if (facts.family !== 'none') return {}
  if (facts.module !== 'absent' && (wish.max !== undefined || wish.buckets !== undefined)) return hidden
  if (facts.lacksModule && wishesConntrack(wish)) return lacking(facts)
  if (wish.module === 'load') {
    // Where there is one, it brings nf_conntrack along, and the keys of TCP and UDP.
    const module = facts.conntrackModules.includes('nf_conntrack_ipv4') ? 'nf_conntrack_ipv4' : 'nf_conntrack'
    return {
      changes: [
        {
          kind: 'module',
          key: module,
          path: module,
          before: null,
          after: 'loaded',
          reason: 'the play asks for it to be loaded',
        },
      ],
    }
  }
  return {
    findings: [
      {
        code: 'module-not-loaded',
        severity: 'info',
        message: 'the conntrack module is not loaded: there is no table to change now',
        hint: wish.persist
          ? 'The values are set when the host boots. `conntrack: {module: load}` loads the module at once.'
          : 'Nothing is set on this host. Drop `persist: false`, or add `conntrack: {module: load}`.',
      },
    ],
  }
}
