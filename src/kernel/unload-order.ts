import type { LoadedModule } from './firewall/firewall-facts.ts'

/**
 * Modules that may go along with conntrack when it goes: they do nothing without it, and come again with the rule that
 * needs them (Makefiles of net/netfilter and net/ipv4/netfilter, 2.6.18 to 6.12).
 */
const dependents =
  /^((nf|ip)_(conntrack|nat)(_\w+)?|nf_conncount|nf_synproxy_core|nfnetlink_ct\w+|xt_(state|conntrack|CT|NOTRACK|connmark|CONNMARK|connbytes|connlimit|connlabel|CONNSECMARK|helper|cluster|nat|NETMAP|REDIRECT|MASQUERADE)|ipt_(state|conntrack|MASQUERADE|REDIRECT|NETMAP|NOTRACK|CONNMARK|helper)|ip6?table_nat|nft_(ct|nat|masq\w*|redir\w*|chain_nat\w*|connlimit))$/

/** What has to be unloaded for some modules to go, users first; or who stands in the way. */
export type UnloadOrder =
  | { readonly ok: true; readonly modules: readonly string[] }
  | { readonly ok: false; readonly module: string; readonly holder: string | null }

/**
 * The order in which these modules can be unloaded, by who uses whom in /proc/modules. Users that are of conntrack's
 * own go along; any other is a holder, and so (null) is what is no module: a rule, a socket, a namespace.
 */
export function unloadOrder(wished: readonly string[], loaded: readonly LoadedModule[]): UnloadOrder {
  const known = new Map(loaded.map((module) => [module.name, module]))
  const order: string[] = []
  const visit = (name: string, seen: readonly string[]): UnloadOrder | null => {
    const module = known.get(name)
    if (module === undefined || order.includes(name) || seen.includes(name)) return null
    for (const user of module.users) {
      if (!wished.includes(user) && !dependents.test(user)) return { ok: false, module: name, holder: user }
      const trouble = visit(user, [...seen, name])
      if (trouble !== null) return trouble
    }
    if (module.uses > module.users.length) return { ok: false, module: name, holder: null }
    order.push(name)
    return null
  }
  for (const name of wished) {
    const trouble = visit(name, [])
    if (trouble !== null) return trouble
  }
  return { ok: true, modules: order }
}
