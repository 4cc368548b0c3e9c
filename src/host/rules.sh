# Puts our rules into a packet filter, or takes them out: after `set_rules PROGRAM TEXT` just those of TEXT are there,
# each at the head of its chain, whatever of ours was there before. A line of TEXT is `TABLE CHAIN: RULE`, for nft
# `FAMILY TABLE CHAIN: RULE`. Other rules are not touched. May run twice, and at any moment.
nl='
'

# TEXT PREFIX: the lines that begin so, as commands that insert them; the last one first, since each goes to the head.
rule_inserts() {
  inserts=
  rest=$1
  while [ -n "$rest" ]; do
    line=${rest%%"$nl"*}
    rest=${rest#"$line"}
    rest=${rest#"$nl"}
    case $line in
    "$2"*) inserts="$3 ${line%%: *} ${line#*: }$nl$inserts" ;;
    esac
  done
}

# What of ours stands in tables of others, as commands that delete it.
nft_deletes() {
  where=
  chain=
  while read -r first second third rest; do
    case $first in
    table) where="$second $third" ;;
    chain) chain=$second ;;
    *)
      case $rest in
      *'comment "conntrackctl-'*' # handle '*)
        if [ "$where" != 'inet conntrackctl' ]; then echo "delete rule $where $chain handle ${rest##* }"; fi
        ;;
      esac
      ;;
    esac
  done
}

# TEXT: all of it in one transaction.
set_nft_rules() {
  listing=$(nft -a list ruleset) || return 1
  script="table inet conntrackctl${nl}delete table inet conntrackctl$nl$(printf '%s\n' "$listing" | nft_deletes)$nl"
  case $nl$1 in
  *"${nl}inet conntrackctl "*)
    script="${script}add table inet conntrackctl
add chain inet conntrackctl prerouting { type filter hook prerouting priority -300; }
add chain inet conntrackctl output { type filter hook output priority -300; }
"
    ;;
  esac
  rule_inserts "$1" '' 'insert rule'
  printf '%s%s' "$script" "$inserts" | nft -f -
}

# TABLE: what of ours stands there, as commands that delete it.
table_deletes() {
  table=
  while read -r line; do
    case $line in
    \**) table=${line#?} ;;
    -A*'--comment conntrackctl-'* | -A*'--comment "conntrackctl-'*)
      if [ "$table" = "$1" ]; then echo "-D${line#-A}"; fi
      ;;
    esac
  done
}

# TABLE COMMANDS
table_section() {
  if [ -n "$2" ]; then printf '*%s\n%s\nCOMMIT\n' "$1" "$2"; fi
}

# PROGRAM TEXT: first nothing is taken out of tracking any longer, then the places change that let untracked packets
# pass, then it is taken out anew: at no moment is a packet untracked that would be dropped for it.
set_table_rules() {
  program=$1
  if ! command -v "$program-save" >/dev/null; then program=${1%%-*}; fi
  listing=$("$program-save") || return 1
  wait=
  if "$program-restore" --help 2>&1 | grep -q -e '--wait'; then wait=yes; fi
  {
    table_section raw "$(printf '%s\n' "$listing" | table_deletes raw)"
    for name in filter mangle security; do
      rule_inserts "$2" "$name " -I
      table_section "$name" "$(printf "%s\n" "$listing" | table_deletes "$name" && without_table "$name")"
    done
    rule_inserts "$2" 'raw ' -I
    table_section raw "$(without_table raw)"
  } | grep . | "$program-restore" ${wait:+-w 10} --noflush
}

# TABLE: the commands without its name, which stands before them.
without_table() {
  printf '%s' "$inserts" | sed "s/^-I $1 /-I /"
}

set_rules() {
  case $1 in
  nft) set_nft_rules "$2" ;;
  *) set_table_rules "$1" "$2" ;;
  esac
}
