# Reads the packet filter; stands behind probe.sh, whose functions it uses, where a plan has to do with rules. A tool
# is run only where its part of the kernel is there already: `iptables -L` and `nft list` would load it, and from then
# on connections might be tracked on a host that tracked none.
# shellcheck disable=SC2154  # value, text, out and nl are set by probe.sh
tool=
listing=

# NAME...: the first of these programs that is there, in $tool. Below a root of our own only what lies in that.
find_tool() {
  for tool in "$@"; do
    if [ -n "${CONNTRACKCTL_ROOT-}" ]; then
      tool=$CONNTRACKCTL_ROOT/sbin/$tool
      if [ -x "$tool" ]; then return 0; fi
    elif tool=$(command -v "$tool" 2>/dev/null); then
      return 0
    fi
  done
  tool=
  return 1
}

# NAME COMMAND...: what the command lists, each line after a bar, up to 400 KB: what is longer is not judged by halves.
say_ruleset() {
  name=$1
  shift
  listing=$({ "$@" 2>/dev/null && echo whole; } | sed 's/^/|/')
  case $listing in
  *'|whole') listing=${listing%'|whole'} ;;
  *)
    say "ruleset $name unreadable"
    return 0
    ;;
  esac
  if [ ${#listing} -gt 400000 ]; then
    say "ruleset $name too_long"
    listing=
  else
    say "ruleset $name present"
    out=$out$listing
  fi
}

# Is nf_tables there, loaded or built in? A kernel without /proc/modules can load nothing, so that asking is safe.
has_nf_tables() {
  [ -d ./sys/module/nf_tables ] || [ ! -e ./proc/modules ] || grep -qs '^nf_tables ' ./proc/modules && return 0
  first_line ./proc/sys/kernel/osrelease && grep -qs '/nf_tables.ko' "./lib/modules/$value/modules.builtin"
}

# FAMILY PROGRAM: the tables of the old ip_tables, where the kernel says that it has some.
legacy_tables() {
  if ! whole_text "./proc/net/$1_tables_names" || [ -z "$text" ]; then return 0; fi
  if find_tool "$2-legacy-save" "$2-save"; then
    say_ruleset "$1 iptables-legacy" "$tool"
  else
    say "ruleset $1 iptables-legacy no_tool"
  fi
}

# FAMILY PROGRAM: what iptables has made in nf_tables. The same program may be the one for ip_tables.
nft_tables() {
  if ! find_tool "$2-nft-save" "$2-save"; then return 0; fi
  case $(readlink -f "$tool") in *nft*) say_ruleset "$1 iptables-nft" "$tool" ;; esac
}

# The port of the server's end of our own connection. Becoming root takes it out of the environment.
own_port() {
  connection=${SSH_CONNECTION-}
  process=$$
  while [ -z "$connection" ] && [ "${process:-0}" -gt 1 ] && first_line "./proc/$process/stat"; do
    connection=$(tr '\0' '\n' 2>/dev/null <"./proc/$process/environ" | grep -a '^SSH_CONNECTION=')
    connection=${connection#SSH_CONNECTION=}
    # The name in brackets may hold blanks.
    value=${value##*) }
    value=${value#* }
    process=${value%% *}
  done
  say "ssh_port ${connection##* }"
}

firewall() {
  say 'firewall read'
  if whole_text ./proc/net/if_inet6 && [ -n "$text" ]; then say 'ipv6 there'; fi
  legacy_tables ip iptables
  legacy_tables ip6 ip6tables
  if has_nf_tables; then
    say 'nf_tables there'
    listing='chain INPUT'
    if find_tool nft; then say_ruleset 'inet nft' "$tool" -s list ruleset; fi
    case $listing in
    *'chain INPUT'* | *'chain OUTPUT'* | *'chain PREROUTING'* | *'chain POSTROUTING'* | *'chain FORWARD'*)
      nft_tables ip iptables
      nft_tables ip6 ip6tables
      ;;
    esac
  fi
  for name in nft iptables-legacy iptables-nft iptables iptables-restore firewall-cmd ufw; do
    if find_tool "$name"; then say "tool $name $(readlink -f "$tool")"; fi
  done
  own_port
  interfaces=
  for file in ./sys/class/net/*; do interfaces="$interfaces ${file##*/}"; done
  say "interfaces$interfaces"
  if [ -r ./proc/modules ]; then say_ruleset 'any modules' cat ./proc/modules; fi
}
