# Counts the entries that a play wants gone, and deletes them; stands behind entries.sh. Each is deleted by its own
# addresses and ports, and its state, so that nothing else can be meant; never all at once (`conntrack -F`), and never
# the connection that this very script came by.
# shellcheck disable=SC2154,SC2016  # entry_functions, failed, nl and value stand in the other files; awk's own $

filter_functions='
  function fits(filter, text) {
    # protocol state port source source destination destination idle
    text = filter_part[filter, 1]; if (text != "-" && text != proto) return 0
    text = filter_part[filter, 2]; if (text != "-" && text != state) return 0
    text = filter_part[filter, 3]; if (text != "-" && text != dport) return 0
    text = filter_part[filter, 4]; if (text != "-" && text != src && filter_part[filter, 5] != src) return 0
    text = filter_part[filter, 6]; if (text != "-" && text != dst && filter_part[filter, 7] != dst) return 0
    text = filter_part[filter, 8]
    return text == "-" || idle_seconds() >= text + 0
  }
  function read_filters(text, place, count, part, field) {
    count = split(text, filter_line, " ")
    for (place = 1; place <= count; place++) {
      split(filter_line[place], part, "|")
      for (field = 1; field <= 8; field++) filter_part[place, field] = part[field]
    }
    return count
  }
'

# The connection that this script came by, as `client_port server_port`; nothing where it cannot be told. sudo takes
# SSH_CONNECTION away, so it is looked for with the processes above, too.
own_session() {
  found=${SSH_CONNECTION-}
  pid=$$
  steps=0
  while [ -z "$found" ] && [ "${pid:-0}" -gt 1 ] && [ "$steps" -lt 12 ]; do
    found=$(tr '\0' '\n' 2>/dev/null <"./proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p' | head -n 1)
    parent=
    while read -r name value _; do
      if [ "$name" = PPid: ]; then parent=$value; fi
    done 2>/dev/null <"./proc/$pid/status"
    pid=$parent
    steps=$((steps + 1))
  done
  # shellcheck disable=SC2086  # four words
  set -- $found
  case ${2-}:${4-} in
  :* | *: | *[!0-9:]*) ;;
  *) printf '%s %s' "$2" "$4" ;;
  esac
}

# MOST FILTER...: how many of the first MOST entries each filter fits.
count_matches() {
  table_source
  say 'drain asked'
  if has_command conntrack; then say 'drain tool'; fi
  if [ -n "$(own_session)" ]; then say 'drain session'; fi
  most=$1
  shift
  gently=
  if has_command nice; then gently='nice -n 19'; fi
  say "$(table_lines | $gently awk -v most="$most" -v filters="$*" "$entry_functions$filter_functions"'
    BEGIN { read_limits(); count = read_filters(filters) }
    NR > most { more = 1; exit }
    !take() { next }
    { taken++; for (place = 1; place <= count; place++) if (fits(place)) matched[place]++ }
    END {
      print "drain looked " taken + 0 " " more + 0
      for (place = 1; place <= count; place++) print "drain matched " matched[place] + 0
    }')"
}

# INDEX MOST FILTER LIMIT: deletes MOST entries at most, a thousand at a time with a pause behind each. LIMIT is the
# timeout that they were given, which may have been lowered a moment ago.
drain_entries() {
  if ! is_due "$1"; then return 0; fi
  session=$(own_session)
  if [ -z "$session" ]; then
    fail "$1" drain "it could not be told which connection is our own"
    return 0
  fi
  if ! has_command conntrack; then
    fail "$1" drain "the conntrack tool is not there"
    return 0
  fi
  # From 1.4.7 on it takes deletions from a file; before, it needs a process for each.
  run='conntrack -R -'
  case $(conntrack --version 2>/dev/null) in *' v1.4.'[0-6]' '* | *' v1.'[0-3].* | *' v0.'*) run='xargs -L 1 conntrack' ;; esac
  gone=$(table_lines | awk -v most="$2" -v filters="$3" -v given="$4" -v run="$run >/dev/null 2>&1" -v session="$session" \
    "$entry_functions$filter_functions"'
    # All of the table is read before the first is deleted: the kernel counts its way through a table that it prints,
    # and would pass over as many as have gone meanwhile.
    function delete_all(place) {
      for (place = 1; place <= gone; place++) {
        print command[place] | run
        if (place % 1000 == 0) { close(run); system("sleep 0.2 2>/dev/null || sleep 1") }
      }
      close(run)
    }
    BEGIN {
      read_limits()
      read_filters(filters)
      if (given > 0) for (name in limit) if (limit[name] < given) before[name] = given
      split(session, port, " ")
    }
    gone >= most { exit }
    !take() || !fits(1) { next }
    (sport == port[1] && dport == port[2]) || (sport == port[2] && dport == port[1]) { next }
    src !~ /^[0-9a-f.:]+$/ || dst !~ /^[0-9a-f.:]+$/ || sport !~ /^[0-9]*$/ || dport !~ /^[0-9]*$/ { next }
    {
      line = "-D -f " (index(src, ":") ? "ipv6" : "ipv4") " -p " proto " --orig-src " src " --orig-dst " dst
      if (sport != "") line = line " --sport " sport " --dport " dport
      if (proto == "tcp" && state != "") line = line " --state " state
      command[++gone] = line
    }
    END { delete_all(); print gone + 0 }')
  done_with "$1"
  say "drained $1 ${gone:-0}"
}
