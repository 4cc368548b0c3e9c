# Puts rules in the place of others in a packet filter: after `rewrite_rules PROGRAM FROM TO` each rule of TO stands where
# the one in the same line of FROM stood. A line is `TABLE CHAIN: RULE`, for nft `FAMILY TABLE CHAIN: RULE`. Where neither
# of both is there, it fails and nothing is changed; with a fourth word that is passed over, as is `# gone`. May run
# twice, and at any moment.
nl='
'
tab=$(printf '\t')

# Reads `nft -s -a list ruleset`. Says of each rule `PLACE: RULE`, a tab, its number in its chain and its handle.
nft_index() {
  where=
  chain=
  while read -r line; do
    case $line in
    'table '*)
      where=${line#table }
      where=${where%% \{*}
      chain=
      ;;
    'chain '*)
      chain=${line#chain }
      chain=${chain%% *}
      number=0
      ;;
    *' # handle '*)
      if [ -n "$chain" ]; then
        number=$((number + 1))
        printf '%s\n' "$where $chain: ${line% # handle *}$tab$number ${line##* }"
      fi
      ;;
    esac
  done
}

# Reads `iptables-save`. Says the same, without a handle.
table_index() {
  table=
  chain=
  while IFS= read -r line; do
    case $line in
    \**)
      table=${line#?}
      chain=
      ;;
    '-A '*)
      line=${line#-A }
      if [ "${line%% *}" != "$chain" ]; then
        chain=${line%% *}
        number=0
      fi
      number=$((number + 1))
      rule=${line#"$chain"}
      printf '%s\n' "$table $chain: ${rule# }$tab$number "
      ;;
    esac
  done
}

# What there is now, in $index. It is read once, and then searched by grep: shells are slow at either.
list_rules() {
  case $program in
  nft) listing=$(nft -s -a list ruleset) && index=$(printf '%s\n' "$listing" | nft_index) ;;
  *) listing=$("$saver") && index=$(printf '%s\n' "$listing" | table_index) ;;
  esac
}

# PLACE RULE NUMBER: the number and the handle of that rule, or of the one with that number, in $spot.
spot_of() {
  wanted="$1: $2$tab"
  if [ -n "${3-}" ]; then wanted="$tab$3 "; fi
  found=$(printf '%s\n' "$index" | LC_ALL=C grep -F -e "$wanted")
  while [ -n "$found" ]; do
    line=${found%%"$nl"*}
    found=${found#"$line"}
    found=${found#"$nl"}
    case $line in
    "$1: "*)
      spot=${line##*"$tab"}
      if [ "$line" = "$1: $2$tab$spot" ] || [ "${spot% *}" = "${3-}" ]; then return 0; fi
      ;;
    esac
  done
  spot=
  return 1
}

# PLACE SPOT OLD NEW: adds to $script that one comes to the place of the other. Of iptables' by its own words and not by
# its number: that may be another's by now, if somebody puts rules before it meanwhile.
put_rule() {
  case $program in
  nft) script="${script}replace rule $1 handle ${2#* } $4$nl" ;;
  *)
    if [ "${1%% *}" != "$section" ]; then
      script="$script${section:+COMMIT$nl}*${1%% *}$nl"
      section=${1%% *}
    fi
    script="$script-D ${1#* } $3$nl-I ${1#* } ${2% *} $4$nl"
    ;;
  esac
}

load_script() {
  case $program in
  nft) printf '%s' "$script" | nft -f - ;;
  *)
    wait=
    if "$program-restore" --help 2>&1 | grep -q -e '--wait'; then wait=yes; fi
    printf '%sCOMMIT\n' "$script" | "$program-restore" ${wait:+-w 10} --noflush
    ;;
  esac
}

# FROM TO COMMAND: runs it with PLACE OLD NEW for each pair of lines, until one fails.
each_pair() {
  olds=$1
  news=$2
  pair=0
  while [ -n "$olds" ]; do
    old=${olds%%"$nl"*}
    new=${news%%"$nl"*}
    pair=$((pair + 1))
    olds=${olds#"$old"}
    olds=${olds#"$nl"}
    news=${news#"$new"}
    news=${news#"$nl"}
    "$3" "${old%%: *}" "${old#*: }" "${new#*: }" || return 1
  done
}

# PLACE OLD NEW
plan_pair() {
  if spot_of "$1" "$2"; then
    places="$places$pair ${spot% *}$nl"
    put_rule "$1" "$spot" "$2" "$3"
  elif [ "$2" != '# gone' ] && [ -z "$lenient" ] && ! spot_of "$1" "$3"; then
    printf '%s\n' "no longer there: $1: $2" >&2
    return 1
  fi
}

# PLACE OLD NEW: did it come there in these very words? What is listed otherwise would not be found again.
is_put() {
  spot_of "$1" "$3" || [ "$2" = '# gone' ] || [ -n "$lenient" ]
}

# PLACE OLD NEW: adds to $script that the old rule comes back to where it was.
back_pair() {
  spot=${places%%"$nl"*}
  case $spot in
  "$pair "*) ;;
  *) return 0 ;;
  esac
  places=${places#*"$nl"}
  spot="${spot#* } "
  case $program in nft) spot_of "$1" '' "${spot% *}" || return 0 ;; esac
  put_rule "$1" "$spot" "$3" "$2"
}

# FROM TO: makes it of what is there now; anew where others have changed rules meanwhile, for which it may have failed.
load_pairs() {
  for _ in 1 2 3; do
    script=
    section=
    places=
    each_pair "$1" "$2" plan_pair || return 1
    if [ -z "$script" ] || why=$(load_script 2>&1); then return 0; fi
    before=$index
    list_rules || return 1
    if [ "$index" = "$before" ]; then break; fi
  done
  printf '%s\n' "$why" >&2
  return 1
}

rewrite_rules() {
  program=$1
  lenient=${4-}
  saver=$program-save
  case $program in
  nft) ;;
  *) if ! command -v "$saver" >/dev/null; then
    program=${1%%-*}
    saver=$program-save
  fi ;;
  esac
  list_rules && load_pairs "$2" "$3" || return 1
  if [ -z "$script" ]; then return 0; fi
  list_rules || return 1
  if each_pair "$2" "$3" is_put; then return 0; fi
  script=
  section=
  each_pair "$2" "$3" back_pair && load_script
  echo 'the rule is listed in other words than those in which it was written' >&2
  return 1
}
