# shellcheck disable=SC2154  # value, text, out and nl are set by probe.sh, failed by apply.sh, the wish by what is compiled
# shellcheck disable=SC2030,SC2031,SC2034  # and apply.sh, some of it in subshells, uses what is set here
# A wish that a host fulfils by itself, without a controller. Stands behind probe.sh, guard.sh and apply.sh: this file works out
# what differs, as plan/ does, and apply.sh changes it, all or nothing. Needs awk for numbers past 31 bits.

number=0
guarded=
guard_files=
staging=
changing=
undoing=
shown=
notes=
refusal=
trouble=
unsupported=

# TEXT: as one word for the shell, into $word.
quote_word() {
  word=
  rest=$1
  while :; do
    case $rest in
    *\'*)
      word="$word${rest%%\'*}'\\''"
      rest=${rest#*\'}
      ;;
    *) break ;;
    esac
  done
  word="'$word$rest'"
}

# LIST NAME WORD...: adds a call to the list `staging` or `changing`.
add_call() {
  list=$1
  call=$2
  shift 2
  for argument in "$@"; do
    quote_word "$argument"
    call="$call $word"
  done
  eval "$list=\$$list\$call\$nl"
}

# NAME WORD...: adds a call to the list `undoing`, before the others: the last step is undone first.
add_undo() {
  call=$1
  shift
  for argument in "$@"; do
    quote_word "$argument"
    call="$call $word"
  done
  undoing=$call$nl$undoing
}

# EXPRESSION: its value as a whole number, rounded down, into $value.
reckon() {
  value=$(awk "BEGIN { x = $1; printf \"%.0f\", x - (x % 1) }")
}

# GUARD MESSAGE HINT: a guard says no, unless it was lifted when this was compiled.
refuse() {
  case " $allowed " in *" $1 "*) return 0 ;; esac
  refusal="$refusal  refused by $1: $2. $3, or compile it with --allow $1.$nl"
}

# RELEASE: is the running kernel of this release, or a later one?
is_release() {
  awk 'BEGIN {
    split(ARGV[1], have, /[^0-9]+/); split(ARGV[2], want, ".")
    for (i = 1; i <= 3; i++) { if (have[i] + 0 > want[i] + 0) exit 0; if (have[i] + 0 < want[i] + 0) exit 1 }
  }' "$kernel" "$1"
}

# FILE...: the first of them that is there, into $path, and its value into $value; both empty where there is none.
find_place() {
  path=
  value=
  for file in "$@"; do
    [ -e ".$file" ] || continue
    path=$file
    value=$(grep '' ".$file" 2>/dev/null)
    set -f
    # shellcheck disable=SC2086  # the kernel prints tabs between several numbers
    set -- $value
    set +f
    value=$*
    return 0
  done
}

# FILE: may it be written? Opening it tells; mode bits lie about /proc/sys.
is_writable() {
  { true >>".$1"; } 2>/dev/null
}

# The machine: what sizes go by.
read_machine() {
  kernel=
  if first_line ./proc/sys/kernel/osrelease; then kernel=$value; fi
  memory_kib=
  if first_line ./proc/meminfo; then
    # shellcheck disable=SC2086
    set -- $value
    if [ "$1" = MemTotal: ]; then memory_kib=$2; fi
  fi
  cores=
  if first_line ./sys/devices/system/cpu/online; then
    cores=$(printf '%s\n' "$value" | awk -F, '{ for (i = 1; i <= NF; i++) { n = split($i, r, "-"); c += (n > 1 ? r[2] - r[1] : 0) + 1 } print c }')
  fi
  page_kib=4
  if [ -r ./proc/self/smaps ]; then
    while read -r name value _; do
      if [ "$name" = KernelPageSize: ]; then
        page_kib=$value
        break
      fi
    done <./proc/self/smaps
  fi
  entry_bytes=400
  for file in ./sys/kernel/slab/nf_conntrack*/slab_size ./sys/kernel/slab/ip_conntrack*/slab_size; do
    case $file in *expect*) continue ;; esac
    if first_line "$file"; then
      entry_bytes=$value
      break
    fi
  done
  module=absent
  for name in nf_conntrack ip_conntrack; do
    if [ -e "./sys/module/$name/initstate" ]; then
      module=loaded
      break
    elif [ -d "./sys/module/$name" ]; then
      module=builtin
      break
    fi
  done
  protocols=
  for name in nf_conntrack_ipv4 nf_conntrack_ipv6; do
    if [ -d "./sys/module/$name" ]; then
      protocols="$protocols$name$nl"
    elif [ "$name" = nf_conntrack_ipv4 ]; then
      for file in "./lib/modules/$kernel/kernel/net/ipv4/netfilter/nf_conntrack_ipv4.ko"*; do
        if [ -e "$file" ]; then protocols="$protocols$name$nl"; fi
      done
    fi
  done
  # The column that came with the limit on chains, in 5.15.
  is_capped=
  if grep -q chainlength ./proc/net/stat/nf_conntrack 2>/dev/null || is_release 5.15; then is_capped=yes; fi
}

# The table: max, buckets, hashsize and count, each where this kernel has it.
read_table() {
  # shellcheck disable=SC2086  # lists of paths without blanks
  {
    find_place $max_files
    max_file=$path max=$value
    find_place $buckets_files
    buckets_file=$path buckets=$value
    find_place $hashsize_files
    hashsize_file=$path hashsize=$value
    find_place $count_files
    count=$value
  }
  hashsize=${hashsize:-$buckets}
  case $max_file in
  '') family=none ;;
  */nf_conntrack*) family=nf ;;
  *) family=ip ;;
  esac
  # Of another namespace, where max and hashsize are the host's: see isForeignTable.
  is_foreign=
  if [ "$family" = nf ] && [ ! -e ./proc/sys/net/nf_conntrack_max ] && [ -n "$buckets_file" ] && ! is_writable "$buckets_file"; then
    is_foreign=yes
  fi
}

# The entries that are wished, into $want_max, and why, into $why_max.
size_max() {
  want_max=$wished_max
  why_max=
  if [ -z "$policy" ]; then return 0; fi
  best=1 why_max='the least'
  for rule in $policy; do
    factor=${rule#*=}
    case $rule in
    at_least=*) floor=$factor ;;
    per_gib=*)
      if [ -z "$memory_kib" ]; then unknown_size 'its memory'; return 1; fi
      reckon "$factor * ($memory_kib / 1048576)"
      floor=$value
      ;;
    per_core=*)
      if [ -z "$cores" ]; then unknown_size 'its number of cores'; return 1; fi
      reckon "$factor * $cores"
      floor=$value
      ;;
    peak_times=*)
      if [ -z "$count" ]; then unknown_size 'its count'; return 1; fi
      peak=$count
      if [ "$known_peak" -gt "$peak" ]; then peak=$known_peak; fi
      reckon "$factor * $peak"
      floor=$value
      ;;
    *) continue ;;
    esac
    if [ "$floor" -gt "$best" ]; then best=$floor why_max="$rule"; fi
  done
  for rule in $policy; do
    limit=${rule#*=}
    case $rule in
    at_most=*) ceiling=$limit ;;
    memory_percent=*)
      if [ -z "$memory_kib" ]; then unknown_size 'its memory'; return 1; fi
      reckon "($memory_kib * 1024 * $limit / 100) / ($entry_bytes + 8)"
      ceiling=$value
      ;;
    memory_bytes=*)
      reckon "$limit / ($entry_bytes + 8)"
      ceiling=$value
      ;;
    *) continue ;;
    esac
    if [ "$ceiling" -lt "$best" ]; then best=$ceiling why_max="$rule"; fi
  done
  if [ "$best" -lt 1 ]; then best=1; fi
  case " $policy " in *' never_lower '*)
    if [ -n "$max" ] && [ "$max" -gt "$best" ]; then best=$max why_max="never_lower: it has $max already"; fi
    ;;
  esac
  want_max=$best
}

# WHAT: the policy cannot be worked out here.
unknown_size() {
  unsupported="$unsupported  the policy for max needs to know $1, which is not to be seen here: run this on the host itself, or compile it with a number$nl"
  want_max=
}

# The buckets that are wished, into $want_buckets; empty: they stay as they are.
size_buckets() {
  want_buckets=
  entries=${want_max:-$max}
  case $wished_buckets in
  by=*)
    if [ -z "$entries" ]; then return 0; fi
    divisor=${wished_buckets#by=}
    want_buckets=$(((entries + divisor - 1) / divisor))
    if [ "$want_buckets" -lt 1 ]; then want_buckets=1; fi
    ;;
  follow)
    if [ -z "$want_max" ]; then return 0; fi
    if [ -n "$is_capped" ]; then chosen=$want_max; else chosen=$(((want_max + 3) / 4)); fi
    if [ "$chosen" -gt 268427264 ]; then chosen=268427264; fi
    if [ -n "$hashsize" ] && [ "$hashsize" -ge "$chosen" ]; then return 0; fi
    want_buckets=$chosen
    ;;
  *) want_buckets=$wished_buckets ;;
  esac
}

# BUCKETS POINTER_BYTES: as the kernel rounds them, to whole pages, into $value.
round_buckets() {
  per_page=$((page_kib * 1024 / $2))
  value=$((($1 + per_page - 1) / per_page * per_page))
}

# ACTUAL WISHED: is that what the kernel makes of it? Old ones do not round, 32-bit ones round to more.
is_hashsize() {
  if [ "$1" = "$2" ]; then return 0; fi
  round_buckets "$2" 8
  if [ "$1" = "$value" ]; then return 0; fi
  round_buckets "$2" 4
  [ "$1" = "$value" ]
}

check_guards() {
  if [ -n "$want_max" ] && [ -n "$count" ] && [ "$want_max" != "$max" ]; then
    if [ "$want_max" -lt "$count" ]; then
      refuse max-below-count "max $want_max is below the $count entries in the table: every new connection would be dropped" \
        'Wish at least the live count and some headroom'
    elif [ -n "$max" ] && [ "$want_max" -lt "$max" ]; then
      reckon "$want_max * 0.9"
      if [ "$value" -lt "$count" ]; then
        refuse little-headroom "max $want_max would leave less than a tenth above the $count entries in the table" \
          'Wish more, or keep what is there with never_lower'
      fi
    fi
  fi
  if [ -n "$memory_kib" ]; then
    if [ -n "$want_max" ] && { [ -z "$max" ] || [ "$want_max" -gt "$max" ]; }; then
      reckon "($want_max * $entry_bytes + ${want_buckets:-${hashsize:-0}} * 8) * 100 / ($memory_kib * 1024)"
      if [ "$value" -ge 25 ]; then
        refuse memory-share "a full table of $want_max entries takes $value % of the memory" \
          'Wish fewer entries, or a policy with memory_at_most'
      fi
    elif [ -n "$want_buckets" ] && [ "$want_buckets" -gt "${hashsize:-0}" ]; then
      reckon "$want_buckets * 8 * 100 / ($memory_kib * 1024)"
      if [ "$value" -ge 25 ]; then
        refuse memory-share "$want_buckets buckets take $value % of the memory at once" \
          'Wish fewer buckets; one for each entry is plenty'
      fi
    fi
  fi
  if [ -n "$want_buckets" ] && [ -n "$hashsize" ] && [ -n "$count" ] && [ "$count" -ge 1000000 ] && ! is_hashsize "$hashsize" "$want_buckets"; then
    refuse big-resize "resizing the hash with $count entries in it stops the network of this host for some seconds" \
      'Do it when there are fewer connections, or with the next reboot'
  fi
}

# KEY FILE BEFORE AFTER WHY: a value that differs.
plan_value() {
  if ! is_writable "$2"; then
    if [ "$uid" != 0 ]; then
      unsupported="$unsupported  $1 cannot be written as user $uid: run this as root$nl"
    else
      unsupported="$unsupported  $1 is read-only here: in a container, set it on the machine it runs on$nl"
    fi
    return 0
  fi
  number=$((number + 1))
  if [ -n "$3" ]; then
    guarded="$guarded$nl.$2:$3"
    guard_files="$guard_files .$2"
  fi
  add_call changing put_value "$number" "$2" "$3" "$4"
  if [ -n "$3" ]; then add_undo undo_value "$number" ".$2" "$3" "$4"; fi
  shown="$shown  $1  ${3:-nothing} -> $4${5:+  ($5)}$nl"
}

plan_max() {
  if [ -z "$want_max" ] || [ -z "$max_file" ] || [ "$max" = "$want_max" ]; then return 0; fi
  if [ -n "$is_foreign" ]; then
    not_our_table nf_conntrack_max
  else
    plan_value net.netfilter.nf_conntrack_max "$max_file" "$max" "$want_max" "$why_max"
  fi
}

plan_buckets() {
  if [ -z "$want_buckets" ] || [ "$family" = none ]; then return 0; fi
  if [ -n "$hashsize" ] && is_hashsize "$hashsize" "$want_buckets"; then return 0; fi
  target=$hashsize_file
  if [ -z "$target" ] || ! is_writable "$target"; then
    if [ -n "$buckets_file" ] && is_writable "$buckets_file"; then target=$buckets_file; fi
  fi
  if [ -z "$target" ]; then return 0; fi
  if [ "$family" = ip ] && [ "$uid" = 0 ] && ! is_writable "$target" && is_writable "$max_file"; then
    notes="$notes  the hash keeps its buckets until the next boot: this kernel sizes it only when ip_conntrack is loaded$nl"
    return 0
  fi
  if [ -n "$is_foreign" ]; then
    not_our_table hashsize
    return 0
  fi
  round_buckets "$want_buckets" 8
  plan_value hashsize "$target" "$hashsize" "$value"
}

# KEY
not_our_table() {
  unsupported="$unsupported  $1 belongs to the host of this container: run this there$nl"
}

# KEY VALUE SCOPE SINCE UNTIL RISK WHY FILE...: SCOPE is `neighbour` where the key does not come with conntrack, else
# `namespace` or `host`; RISK is `no`, `zero` (a risk where it is 0 now) or `any` (wherever it changes).
wish_sysctl() {
  key=$1 wished=$2 scope=$3 since=$4 until=$5 risk=$6 why=$7
  shift 7
  find_place "$@"
  if [ -z "$path" ]; then
    if [ "$family" != none ] || [ "$scope" = neighbour ]; then
      notes="$notes  this kernel ($kernel) has no $key: it is left out$nl"
      return 0
    fi
    if [ -n "$since" ] && ! is_release "$since"; then return 0; fi
    if [ -n "$until" ] && is_release "$until"; then return 0; fi
    # It will be there once the module is.
    setting "$key" "$wished"
    return 0
  fi
  spelling=$key
  if [ "$family" = ip ]; then
    spelling=${path#/proc/sys/}
    spelling=$(printf '%s\n' "$spelling" | tr '/' '.')
  fi
  setting "$spelling" "$wished"
  if [ "$value" = "$wished" ]; then return 0; fi
  if [ "$risk" = any ] || { [ "$risk" = zero ] && [ "$value" = 0 ]; }; then
    refuse risky-neighbour "$key from $value to $wished: $why" 'Take it out of the play'
  fi
  if [ -n "$is_foreign" ] && { [ "$scope" = host ] || { [ "$scope" = namespace ] && ! is_release 3.6; }; }; then
    not_our_table "$key"
    return 0
  fi
  plan_value "$key" "$path" "$value" "$wished"
}

# KEY VALUE: a line for the sysctl file.
setting() {
  settings="$settings$1 = $2$nl"
}

header='# Written by conntrackctl. Change the playbook, not this file.'

# FILE TEXT: a file of ours that shall hold this.
plan_file() {
  if [ -h ".$1" ] || { [ -e ".$1" ] && [ ! -f ".$1" ]; }; then
    unsupported="$unsupported  $1 is not a regular file: remove it, or compile with persist: false$nl"
    return 0
  fi
  state=missing
  if [ -e ".$1" ]; then
    state=present
    if ! whole_text ".$1"; then
      unsupported="$unsupported  $1 cannot be read: run this as root$nl"
      return 0
    fi
    if [ "$text" = "$2" ]; then return 0; fi
  else
    text=
  fi
  if [ -d ".${1%/*}" ] && [ ! -w ".${1%/*}" ]; then
    unsupported="$unsupported  $1 cannot be written: run this as root, or compile with persist: false$nl"
    return 0
  fi
  number=$((number + 1))
  add_call staging stage_file "$number" "$1" "$state" "$text" "$2" ''
  add_call changing commit_file "$number" "$1"
  add_undo undo_file "$number" ".$1" ".${1%/*}/.conntrackctl.$tag.$number"
  flush=${flush:-$number}
  shown="$shown  $1  $([ "$state" = present ] && echo changed || echo new)$nl"
}

# FILE: a file of ours that shall be gone.
plan_removal() {
  whole_text ".$1"
  number=$((number + 1))
  add_call staging check_file "$number" "$1" present "$text"
  add_call changing remove_file "$number" "$1"
  add_undo undo_file "$number" ".$1" ".${1%/*}/.conntrackctl.$tag.$number"
  shown="$shown  $1  removed$nl"
}

# The sysctl file: lines of ours for other keys stay, each key of the wish stands once, in its old place.
sysctl_text() {
  printf '%s' "$1" | SETTINGS=$settings ALIASES=$aliases HEADER=$header awk '
    function canonical(key,  first) {
      first = match(key, /[.\/]/) ? substr(key, RSTART, 1) : "."
      if (first == "/") { gsub(/\./, "\001", key); gsub("/", ".", key); gsub("\001", "/", key) }
      return (key in names) ? names[key] : key
    }
    function put(key, line) { if (!(key in lines)) order[++count] = key; lines[key] = line }
    BEGIN {
      n = split(ENVIRON["ALIASES"], rows, "\n")
      for (i = 1; i <= n; i++) if (split(rows[i], pair, " ") == 2) names[pair[1]] = pair[2]
    }
    {
      line = $0
      sub(/^[ \t]+/, "", line)
      if (line == "" || line ~ /^[#;]/ || index(line, "=") < 2) next
      key = substr(line, 1, index(line, "=") - 1)
      sub(/[ \t]+$/, "", key); sub(/^-/, "", key)
      put(canonical(key), $0)
    }
    END {
      n = split(ENVIRON["SETTINGS"], rows, "\n")
      for (i = 1; i < n; i++) put(canonical(substr(rows[i], 1, index(rows[i], " ") - 1)), rows[i])
      print ENVIRON["HEADER"]
      for (i = 1; i <= count; i++) print lines[order[i]]
    }'
}

# Is the hashsize a sysctl at boot? Where no module takes options, or where one comes from an initramfs, with those of
# the day that was made; and where such a line of ours is there. Kernels take it from 4.8 on.
sets_hashsize_by_sysctl() {
  if [ "$module" = builtin ]; then return 0; fi
  if [ "$family" = ip ] || ! is_release 4.8; then return 1; fi
  # No file at all is no trouble: grep says so in its status only.
  # shellcheck disable=SC2086  # paths without blanks
  {
    grep -Eqs '^[[:space:]]*(nf|ip)_conntrack[[:alnum:]_]*([[:space:]]|$)' ./etc/initramfs-tools/modules ||
      grep -Eqs '^[[:space:]]*MODULES[+]?=(.*[^[:alnum:]_])?(nf|ip)_conntrack' ./etc/mkinitcpio.conf ||
      grep -Eqs '^[[:space:]]*force_drivers[+]?=(.*[^[:alnum:]_])?(nf|ip)_conntrack' ./etc/dracut.conf ./etc/dracut.conf.d/*.conf ||
      grep -Eqs '^[[:space:]]*-?net[./]netfilter[./]nf_conntrack_buckets[[:space:]]*=' ./etc/sysctl.d/z*-conntrackctl.conf
  }
}

plan_files() {
  if [ -z "$persist" ]; then return 0; fi
  case " $lost_systems " in *" $os "*)
    unsupported="$unsupported  this is $os, whose /etc does not last: apply the playbook over SSH, which names its own way$nl"
    return 0
    ;;
  esac
  if [ -n "$want_buckets" ] && sets_hashsize_by_sysctl; then
    settings="net.netfilter.nf_conntrack_buckets = $want_buckets$nl$settings"
  fi
  name=nf_conntrack
  if [ "$family" = ip ]; then name=ip_conntrack; fi
  # RHEL 5 and older read none of these folders, but run such a script before they read /etc/sysctl.conf.
  if [ ! -d ./run/systemd/system ] && [ -f ./etc/rc.d/rc.sysinit ] && ! is_release 2.6.32; then
    text=
    whole_text ./etc/sysconfig/modules/conntrackctl.modules
    plan_file /etc/sysconfig/modules/conntrackctl.modules "$(start_script "$name" "$text")$nl"
    return 0
  fi
  if [ -n "$settings" ]; then plan_sysctl_file; fi
  if [ "$module" = builtin ]; then return 0; fi
  if [ -n "$want_buckets" ]; then
    plan_file /etc/modprobe.d/conntrackctl.conf "$header${nl}options $name hashsize=$want_buckets$nl"
  fi
  if [ -n "$want_buckets" ] || [ -n "$has_conntrack_keys" ]; then
    plan_file /etc/modules-load.d/conntrackctl.conf "$header$nl$name$nl$protocols"
  fi
}

# MODULE BEFORE: the start-up script; what another play asked for stays.
start_script() {
  printf '%s' "$2" | SETTINGS=$settings HEADER=$header MODULE=$1 BUCKETS=$want_buckets awk '
    function put(key, value) { if (!(key in values)) order[++count] = key; values[key] = value }
    /^modprobe [^ ]+ hashsize=[0-9]+$/ { if (kept == "") kept = substr($0, index($0, "hashsize=") + 9) }
    /^sysctl -q -w [^ ]+="[^"]*"$/ {
      line = substr($0, 14)
      at = index(line, "=")
      put(substr(line, 1, at - 1), substr(line, at + 2, length(line) - at - 2))
    }
    END {
      n = split(ENVIRON["SETTINGS"], rows, "\n")
      for (i = 1; i < n; i++) { at = index(rows[i], " = "); put(substr(rows[i], 1, at - 1), substr(rows[i], at + 3)) }
      buckets = ENVIRON["BUCKETS"] == "" ? kept : ENVIRON["BUCKETS"]
      printf "#!/bin/sh\n%s\nmodprobe %s%s\n", ENVIRON["HEADER"], ENVIRON["MODULE"], buckets == "" ? "" : " hashsize=" buckets
      for (i = 1; i <= count; i++) printf "sysctl -q -w %s=\"%s\"\n", order[i], values[order[i]]
    }'
}

plan_sysctl_file() {
  chosen=
  before=
  for file in $our_sysctl_files; do
    if [ -e ".$file" ]; then
      if [ -z "$chosen" ]; then chosen=$file; fi
      whole_text ".$file"
      before=$before$text
    fi
  done
  present=$chosen
  for file in $chosen $our_sysctl_files; do
    chosen=$file
    if [ -z "$(rivals_of "$file")" ]; then break; fi
  done
  # What is left of rivals with every name is told in the end.
  if [ -n "$(rivals_of "$chosen")" ]; then chosen=${present:-${our_sysctl_files%% *}}; fi
  plan_file "$chosen" "$(sysctl_text "$before")$nl"
  for file in $our_sysctl_files; do
    if [ "$file" != "$chosen" ] && [ -e ".$file" ]; then plan_removal "$file"; fi
  done
  rivals=$(rivals_of "$chosen" and_conf)
  if [ -n "$rivals" ]; then trouble="$trouble$rivals$nl"; fi
}

# FILE [and_conf]: lines of others that set a key of ours to something else, behind that file of ours.
rivals_of() {
  for folder in /etc/sysctl.d /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d /lib/sysctl.d; do
    for other in ".$folder"/*.conf; do
      if [ ! -f "$other" ]; then continue; fi
      case " $our_sysctl_files " in *" ${other#.} "*) continue ;; esac
      if awk 'BEGIN { exit !((ARGV[1] "") > (ARGV[2] "")) }' "${other##*/}" "${1##*/}"; then echo "$other"; fi
    done
  done | awk -F/ '!seen[$NF]++' | rival_lines
  # Without systemd it is procps that sets them, and that one reads this file last.
  if [ -n "${2-}" ] && [ ! -d ./run/systemd/system ] && [ ! -e ./lib/systemd/systemd ] && [ ! -e ./usr/lib/systemd/systemd ] && [ -f ./etc/sysctl.conf ]; then
    echo ./etc/sysctl.conf | rival_lines
  fi
  # ufw sets its own when it starts, after all of them.
  if [ -n "${2-}" ] && grep -qi '^ENABLED=yes' ./etc/ufw/ufw.conf 2>/dev/null; then
    ufw=$(awk -F= '/^IPT_SYSCTL=/ { gsub(/["'\'' ]/, "", $2); print $2 }' ./etc/default/ufw 2>/dev/null)
    ufw=.${ufw:-/etc/ufw/sysctl.conf}
    if [ -f "$ufw" ]; then echo "$ufw" | rival_lines; fi
  fi
}

rival_lines() {
  SETTINGS=$settings ALIASES=$aliases awk '
    BEGIN {
      n = split(ENVIRON["ALIASES"], rows, "\n")
      for (i = 1; i <= n; i++) if (split(rows[i], pair, " ") == 2) names[pair[1]] = pair[2]
      n = split(ENVIRON["SETTINGS"], rows, "\n")
      for (i = 1; i < n; i++) {
        at = index(rows[i], " = ")
        key = substr(rows[i], 1, at - 1)
        wished[(key in names) ? names[key] : key] = substr(rows[i], at + 3)
      }
    }
    {
      number = 0
      file = $0
      while ((getline line < file) > 0) {
        number++
        sub(/^[ \t]+/, "", line)
        if (line ~ /^[#;]/ || index(line, "=") < 2) continue
        at = index(line, "=")
        key = substr(line, 1, at - 1)
        value = substr(line, at + 1)
        gsub(/^[ \t]+|[ \t\r]+$/, "", key); sub(/^-/, "", key); gsub("/", ".", key)
        gsub(/^[ \t]+|[ \t\r]+$/, "", value)
        if (key in names) key = names[key]
        if (key in wished && wished[key] != value)
          printf "  after a reboot %s would be %s by %s:%d: remove that line, or wish the same value\n", key, value, substr(file, 2), number
      }
      close(file)
    }'
}

# Works out what differs. Sets $staging and $changing, $shown, $refusal, $unsupported and $trouble.
plan() {
  number=0 guarded='' guard_files='' staging='' changing='' undoing='' shown='' notes='' flush=''
  refusal='' trouble='' unsupported='' settings='' has_conntrack_keys=''
  uid=
  while read -r name value _; do
    if [ "$name" = Uid: ]; then uid=$value; fi
  done 2>/dev/null <./proc/self/status
  uid=${uid:-$(id -u)}
  os=
  if [ -r ./etc/os-release ]; then
    while IFS= read -r line; do case $line in ID=*) os=$(printf '%s' "${line#ID=}" | tr -d "\"'") ;; esac; done <./etc/os-release
  fi
  boot_id=
  if first_line ./proc/sys/kernel/random/boot_id; then boot_id=$value; fi
  read_machine
  read_table
  if [ "$family" = none ] && [ "$module" != absent ] && [ -n "$wished_max$policy" ]; then
    unsupported="$unsupported  max and hashsize are hidden: they belong to the host of this container$nl"
  elif [ "$family" = none ]; then
    notes="$notes  the conntrack module is not loaded: there is no table to change now$nl"
  fi
  want_max=
  size_max || return 0
  size_buckets
  check_guards
  # A raised max comes after its buckets and a lowered one before, so that chains never grow.
  if [ -n "$want_max" ] && [ -n "$max" ] && [ "$want_max" -lt "$max" ]; then
    plan_max
    plan_buckets
  else
    plan_buckets
    plan_max
  fi
  if [ -n "$want_max" ]; then
    has_conntrack_keys=yes
    if [ "$family" = ip ]; then
      setting "$(printf '%s' "${max_file#/proc/sys/}" | tr '/' '.')" "$want_max"
    else
      setting net.netfilter.nf_conntrack_max "$want_max"
    fi
  fi
  if [ -n "$wished_conntrack_keys" ]; then has_conntrack_keys=yes; fi
  wish_sysctls
  plan_files
  guarded=${guarded#"$nl"}
}

# Changes what was planned: all of it, or none, also when this is killed. Sets $failed, and $out to what was told.
enact() {
  out='' failed='' finished='' begun='' staged=''
  quote_word "$boot_id"
  journal_text="{$nl${undo_functions}since_boot $word$nl$undoing}$nl"
  # As over SSH: the part that changes, and one that waits for its end and puts back where that was no good one.
  answer=$(
    prepare "$tag" 'a compiled script' etc
    {
      {
        take_lock
        write_journal "$journal_text"
        # shellcheck disable=SC2086  # a list of paths without blanks
        if [ -n "$guard_files" ]; then values_are_as_planned "$guarded" $guard_files; fi
        eval "$staging"
        if [ -n "$flush" ]; then flush_staged "$flush"; fi
        eval "$changing"
        conclude
        printf 'end %s\n%s' "$failed" "$out"
        echo whole >&4
      } 4>&1 >&3 3>&- | stand_by "$stand_by_program"
    } 3>&1
  )
  out=${answer#*"$nl"}
  case $answer in
  "end $nl"*) failed= ;;
  *) failed=yes ;;
  esac
}

# Puts back what an earlier run left that was killed.
heal_first() {
  (
    failed='' out=''
    prepare "$tag" 'a compiled script' etc
    if left_journals; then heal; fi
  )
}

usage() {
  printf '%s\n' "usage: sh ${0##*/} [--check | --verify] [--quiet]" '' "$about" '' \
    '  (nothing)   change what differs, all or nothing, and read it again' \
    '  --check     print what would be changed; change nothing' \
    '  --verify    the same, under the name that monitors look for' \
    '  --quiet     print nothing but trouble' '' \
    'Exit status: 0 as desired, 2 failed or cannot be done here, 5 changed but it does not stay so, 6 stopped by a' \
    'safety rule, 10 --check or --verify found a difference, 64 usage, 75 somebody else changes this host just now.' \
    'CONNTRACKCTL_ROOT names the folder of an image to work on instead of this host.'
}

# MODE QUIET: one play, whose wish stands in the variables. Gives the exit status.
run_play() {
  if [ "$1" = apply ] && [ -n "$load" ] && [ ! -d ./sys/module/nf_conntrack ] && [ ! -d ./sys/module/ip_conntrack ]; then
    if ! why=$(modprobe nf_conntrack 2>&1); then
      printf 'failed: nf_conntrack cannot be loaded: %s\n' "$why" >&2
      return 2
    fi
  fi
  tag=c$$x$(date +%s)
  if [ "$1" = apply ]; then heal_first; fi
  plan
  if [ -n "$unsupported" ]; then
    printf 'cannot be done here:\n%s' "$unsupported" >&2
    return 2
  fi
  if [ -n "$refusal" ]; then
    printf 'nothing was changed:\n%s' "$refusal" >&2
    return 6
  fi
  if [ -z "$2" ] && [ -n "$notes" ]; then printf 'note:\n%s' "$notes"; fi
  if [ "$number" = 0 ]; then
    if [ -z "$2" ]; then echo 'ok: as desired'; fi
    will_last
    return
  fi
  planned=$shown
  if [ "$1" != apply ]; then
    printf 'pending:\n%s' "$planned"
    return 10
  fi
  enact
  if [ -n "$failed" ]; then
    case $out in
    *'step 0 failed locked '*)
      printf 'this host is being changed already: %s' "${out#*failed locked }" >&2
      return 75
      ;;
    esac
    printf 'failed, and put back:\n%s' "$out" >&2
    return 2
  fi
  # Verify is a second plan: when nothing is left, it is as wished.
  plan
  if [ "$number" != 0 ] || [ -n "$unsupported$refusal" ]; then
    printf 'changed, but it does not stay so:\n%s%s%s' "$shown" "$unsupported" "$refusal" >&2
    return 5
  fi
  if [ -z "$2" ]; then printf 'changed:\n%s' "$planned"; fi
  will_last
}

# Would a reboot leave something else? Gives 5 then.
will_last() {
  if [ -z "$trouble" ]; then return 0; fi
  printf 'it will not last:\n%s' "$trouble" >&2
  return 5
}

# WORDS: the command line of the compiled script. $plays names the functions that set a wish, one a play.
main() {
  mode=apply
  quiet=
  for option in "$@"; do
    case $option in
    --check | --dry-run | -C) mode=check ;;
    --verify) mode=verify ;;
    --quiet | -q) quiet=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 64
      ;;
    esac
  done
  result=0
  for play in $plays; do
    "$play"
    status=0
    run_play "$mode" "$quiet" || status=$?
    case $status in
    0) ;;
    10) result=10 ;;
    *) exit "$status" ;;
    esac
  done
  exit "$result"
}
