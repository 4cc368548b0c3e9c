import { parseIptables, parseIptablesRule } from './parse-iptables.ts'
import { parseNft } from './parse-nft.ts'
import { parseNftRule } from './parse-nft-rule.ts'
import { rewriteNft, rewriteSaved } from './rewrite-texts.ts'
import type { Rewrite, Stripped } from './rewriting.ts'
import type { Chain, FirewallRule, IpFamily } from './ruleset.ts'
import { stripIptables } from './strip-iptables.ts'
import { stripNft } from './strip-nft.ts'

/** How rules are written, in what a tool lists and in the files that it loads. */
export interface Dialect {
  /** Of a whole listing. */
  readonly chains: (listing: string) => readonly Chain[]
  /** A rule with a verdict map is several of the same text. */
  readonly parse: (rule: string) => readonly FirewallRule[]
  /** Without its state match. */
  readonly strip: (rule: string) => Stripped
  readonly rewrite: (text: string, rewrite: Rewrite) => string
}

export const nftDialect: Dialect = {
  chains: parseNft,
  parse: parseNftRule,
  strip: stripNft,
  rewrite: (text, rewrite) =>
    rewriteNft(text, rewrite, (rule) => {
      const stripped = stripNft(rule)
      return stripped.ok ? stripped.text : null
    }),
}

export function iptablesDialect(family: IpFamily): Dialect {
  return {
    chains: (listing) => parseIptables(listing, family),
    parse: (rule) => [parseIptablesRule(rule)],
    strip: stripIptables,
    rewrite: (text, rewrite) => rewriteSaved(text, family, rewrite),
  }
}
