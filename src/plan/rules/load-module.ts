import type { Rule } from '../rule.ts'

/** Loads the module where the play asks for it; otherwise says that the kernel has no table to change. */
export const loadModule: Rule = (wish, facts) => {
  if (facts.family !== 'none') return {}
  if (wish.module === 'load')
    return {
      changes: [
        {
          kind: 'module',
          key: 'nf_conntrack',
          path: 'nf_conntrack',
          before: null,
          after: 'loaded',
          reason: 'the play asks for it to be loaded',
        },
      ],
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
