import type { HostFacts } from '../../host/facts.ts'
import type { BootFile } from '../../kernel/boot/boot-system.ts'
import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import { firewallOf } from '../../kernel/firewall/firewall.ts'
import { chainName } from '../../kernel/firewall/ruleset.ts'
import { ourFiles } from '../../kernel/our-files.ts'
import { unloadOrder } from '../../kernel/unload-order.ts'
import type { Change, Finding } from '../change.ts'
import type { Rule, RuleOutcome } from '../rule.ts'

/** Interfaces that container engines make. */
const containerInterface = /^(docker\d|br-[0-9a-f]{12}|cni|podman|flannel|cali|cilium|virbr|kube)/

/**
 * Takes modules out of the kernel, users first, and keeps them from being loaded again. Refused while a rule, NAT,
 * containers or a module that is not conntrack's own hold one of them.
 */
export const unloadModules: Rule = ({ unload: wished }, facts) => {
  const { firewall } = facts
  if (wished === undefined || firewall === null) return {}
  if (firewall.modules === null)
    return trouble('unsupported', 'module-built-in', 'this kernel has conntrack built in, and no modules', [
      'Leave `modules` out of the play for this host; `notrack` takes single services out of tracking all the same.',
    ])
  const order = unloadOrder(wished, firewall.modules)
  if (!order.ok) {
    const holder = order.holder ?? whoHolds(firewall)
    return trouble('refused', 'module-held', `${order.module} is in use: ${holder} holds it`, [
      'Take that out first, or leave the module where it is.',
    ])
  }
  const isCore = wished.some((name) => /^(nf|ip)_conntrack$/.test(name))
  const engine = firewall.interfaces.find((name) => containerInterface.test(name))
  if (isCore && engine !== undefined)
    return trouble(
      'refused',
      'module-held',
      `containers need conntrack here: there is the interface ${engine}`,
      ['Leave it loaded on hosts of containers.'],
    )
  const text = blacklist(wished)
  const file = facts.files.get(ourFiles.unload)
  const before = file?.state === 'present' ? file.text : null
  const changes: readonly Change[] = [
    ...order.modules.map((name): Change => ({
      kind: 'module',
      key: name,
      path: name,
      before: 'loaded',
      after: null,
      reason: wished.includes(name) ? 'the play asks for it to be unloaded' : 'uses one that goes',
    })),
    ...(before === text
      ? []
      : [
          {
            kind: 'file',
            key: ourFiles.unload,
            path: ourFiles.unload,
            before,
            after: text,
            reason: 'keeps modprobe from loading them again',
          } as const,
        ]),
  ]
  return {
    changes,
    findings: reloaders(facts, wished),
    ...(isCore && order.modules.length > 0 ? { dangers: ['unloading conntrack'] } : {}),
  }
}

/** `install` counts for who asks by name as well, where `blacklist` counts for aliases only (modprobe.d(5)). */
function blacklist(names: readonly string[]): string {
  const lines = names.map((name) => `blacklist ${name}\ninstall ${name} /bin/true\n`)
  return `# Written by conntrackctl. Change the playbook, not this file.\n${lines.join('')}`
}

/** The rule that makes the kernel track, where there is one. */
function whoHolds(firewall: FirewallFacts): string {
  for (const chain of firewallOf(firewall).ruleset.chains)
    for (const { matches, verdict, text } of chain.rules)
      if (matches.some(({ on }) => on === 'state') || ['nat', 'helper', 'notrack'].includes(verdict.kind))
        return `the rule ${chainName(chain)}: ${text}`
  return 'something that is no module (a rule, another network namespace, a program)'
}

/** Lines that would load one of them at boot. */
function reloaders({ boot }: HostFacts, names: readonly string[]): readonly Finding[] {
  const listing = /\/modules-load\.d\/|\/etc\/modules$|\/etc\/rc\.modules$/
  const isList = ({ path }: BootFile): boolean => listing.test(path) && path !== ourFiles.modulesLoad
  return boot.files.filter(isList).flatMap(({ path, lines }) =>
    lines
      .filter(({ text }) => names.includes(text.trim().split(/\s+/)[0] ?? ''))
      .map(({ line, text }): Finding => ({
        code: 'module-loaded-at-boot',
        severity: 'warning',
        message: `${path}:${line} loads ${text.trim()} at boot, which will not work any longer`,
        hint: 'Remove that line there.',
      })),
  )
}

function trouble(
  verdict: 'refused' | 'unsupported',
  code: 'module-held' | 'module-built-in',
  message: string,
  [hint = '']: readonly string[],
): RuleOutcome {
  return { verdict, findings: [{ code, severity: 'error', message, hint }] }
}
