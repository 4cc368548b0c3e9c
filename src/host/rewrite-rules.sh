# Puts rules in the place of others in a packet filter: after `rewrite_rules PROGRAM FROM TO` each rule of TO stands where
# the one in the same line of FROM stood. A line is `TABLE CHAIN: RULE`, for nft `FAMILY TABLE CHAIN: RULE`. Where neither
# of both is there, it fails and nothing is changed; with a fourth word that is passed over, as is `# gone`. May run
# twice, and at any moment.
nl='
'

# Reads `nft -s -a list ruleset`. PLACE RULE: the number of the rule in its chain, and its handle.
nft_spot() {
  where=
  chain=
  number=0
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
      if [ "$where $chain" = "$1" ]; then
        number=$((number + 1))
        if [ "${line% # handle *}" = "$2" ] || [ "$number" = "${3-}" ]; then
          echo "$number ${line##* }"
          return 0
        fi
      fi
      ;;
    esac
  done
  return 1
}

# Reads `iptables-save`. PLACE RULE: the number of the rule in its chain.
table_spot() {
  table=
  number=0
  while IFS= read -r line; do
    case $line in
    \**)
      table=${line#?}
      number=0
      ;;
    "-A ${1#* } "* | "-A ${1#* }")
      if [ "$table" = "${1%% *}" ]; then
        number=$((number + 1))
        if [ "$line" = "-A ${1#* } $2" ]; then
          echo "$number"
          return 0
        fi
      fi
      ;;
    esac
  done
  return 1
}

spot_of() {
  case $program in
  nft) printf '%s\n' "$listing" 2>/dev/null | nft_spot "$@" ;;
  *) printf '%s\n' "$listing" 2>/dev/null | table_spot "$@" ;;
  esac
}

list_rules() {
  case $program in
  nft) listing=$(nft -s -a list ruleset) ;;
  *) listing=$("$saver") ;;
  esac
}

# PLACE NUMBER HANDLE RULE: adds to $script that this rule comes to that place.
put_rule() {
  case $program in
  nft) script="${script}replace rule $1 handle $3 $4$nl" ;;
  *)
    if [ "${1%% *}" != "$section" ]; then
      script="$script${section:+COMMIT$nl}*${1%% *}$nl"
      section=${1%% *}
    fi
    script="$script-R ${1#* } $2 $4$nl"
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
  if spot=$(spot_of "$1" "$2"); then
    places="$places$pair $spot$nl"
    put_rule "$1" "${spot% *}" "${spot#* }" "$3"
  elif [ "$2" != '# gone' ] && [ -z "$lenient" ] && ! spot_of "$1" "$3" >/dev/null; then
    echo "no longer there: $1: $2" >&2
    return 1
  fi
}

# PLACE OLD NEW: did it come there in these very words? What is listed otherwise would not be found again.
is_put() {
  spot_of "$1" "$3" >/dev/null || [ "$2" = '# gone' ] || [ -n "$lenient" ]
}

# PLACE OLD NEW: adds to $script that the old rule comes back to where it was.
back_pair() {
  spot=${places%%"$nl"*}
  case $spot in
  "$pair "*) ;;
  *) return 0 ;;
  esac
  places=${places#*"$nl"}
  spot=${spot#* }
  case $program in nft) spot=$(spot_of "$1" '' "${spot% *}") || return 0 ;; esac
  put_rule "$1" "${spot% *}" "${spot#* }" "$2"
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
  script=
  section=
  places=
  list_rules || return 1
  each_pair "$2" "$3" plan_pair || return 1
  if [ -z "$script" ]; then return 0; fi
  load_script && list_rules || return 1
  if each_pair "$2" "$3" is_put; then return 0; fi
  script=
  section=
  each_pair "$2" "$3" back_pair && load_script
  echo 'the rule is listed in other words than those in which it was written' >&2
  return 1
}
