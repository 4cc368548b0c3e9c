import type { ChainPlace, Rewrite } from './rewriting.ts'
import type { Chain, IpFamily } from './ruleset.ts'

/** Characters; a longer line is no rule that is rewritten. */
const longestLine = 4000

/** What `iptables-save` printed or a file of saved rules, with rules rewritten; all other bytes stay. */
export function rewriteSaved(text: string, family: IpFamily, rewrite: Rewrite): string {
  let table = ''
  return text
    .split('\n')
    .map((line) => {
      if (line.length > longestLine) return line
      const [, section] = /^\*(\w+)\s*$/.exec(line) ?? []
      if (section !== undefined) table = section
      const [, head = '', name, rule = '', end = ''] =
        /^((?:\[\d+:\d+\] )?-A (\S+) +)(.*?)(\s*)$/.exec(line) ?? []
      const fresh = name === undefined ? null : rewrite({ family, table, name }, rule)
      return fresh === null ? line : head + fresh + end
    })
    .join('\n')
}

/**
 * What `nft list ruleset` printed, or a file that `nft -f` reads, with rules rewritten; all other bytes stay. Found are
 * rules that have a line of their own, and no other, in a chain of a table or behind `add rule`. `rewrite` gets a rule with what the
 * file has defined filled in; where it rewrites one, `strip` does so with the text as it stands there.
 */
export function rewriteNft(text: string, rewrite: Rewrite, strip: (rule: string) => string | null): string {
  const defines = new Map<string, string>()
  let table: Omit<ChainPlace, 'name'> | null = null
  let chain: string | null = null
  let skipped = 0
  let isContinued = false
  return text
    .split('\n')
    .map((line) => {
      if (line.length > longestLine) return line
      const [, margin = '', code = '', rest = ''] =
        /^(\s*)((?:"[^"]*"|[^"#])*?)([\s;]*(?:#.*)?)$/.exec(line) ?? []
      // What is written on several lines is no rule that is rewritten: a half of it would be taken for the whole.
      const isPart = isContinued || code.endsWith('\\')
      isContinued = code.endsWith('\\')
      if (skipped > 0 || isPart) {
        skipped = Math.max(0, skipped + braces(code))
        return line
      }
      const [, variable, value] = /^(?:re)?define (\w+) *= *(.*)$/.exec(code) ?? []
      if (variable !== undefined) defines.set(variable, value ?? '')
      const [, own] = /^(?:add |create )?table (.+?) *\{$/.exec(code) ?? []
      const [, name] = /^chain (\S+) *\{$/.exec(code) ?? []
      const [, added = '', where = '', addedRule] =
        /^((?:add|insert) rule ((?:(?:ip6?|inet) )?\S+ \S+) )(.*)$/.exec(code) ?? []
      if (own !== undefined) table = tableCalled(own)
      else if (name !== undefined) chain = name
      else if (code === '}' && chain !== null) chain = null
      else if (code === '}') table = null
      else if (braces(code) !== 0) skipped = Math.max(0, braces(code))
      else if (addedRule !== undefined && !/^(handle|position|index) /.test(addedRule)) {
        const words = where.split(' ')
        const last = words.pop() ?? ''
        const fresh = rewritten({ ...tableCalled(words.join(' ')), name: last }, addedRule)
        if (fresh !== null) return margin + added + fresh + rest
      } else if (table !== null && chain !== null) {
        const fresh = rewritten({ ...table, name: chain }, code)
        if (fresh !== null) return margin + fresh + rest
      }
      return line
    })
    .join('\n')

  function rewritten(place: ChainPlace, rule: string): string | null {
    const filled = rule.replaceAll(/\$(\w+)/g, (whole, variable: string) => defines.get(variable) ?? whole)
    const fresh = rewrite(place, filled)
    return fresh === null || filled === rule ? fresh : strip(rule)
  }
}

/** `inet filter`, or without a family one of IPv4. */
function tableCalled(words: string): Omit<ChainPlace, 'name'> {
  const [, family = 'ip', table = words] = /^(\w+) (\S+)$/.exec(words) ?? []
  const known: readonly string[] = ['ip', 'ip6', 'inet']
  return { family: known.includes(family) ? (family as Chain['family']) : 'other', table }
}

function braces(code: string): number {
  const bare = code.replaceAll(/"[^"]*"/g, '')
  return bare.split('{').length - bare.split('}').length
}
