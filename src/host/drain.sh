# Counts the entries that a play wants gone, and deletes them; stands behind entries.sh. Each is deleted by its own
# addresses, ports and number, and only while no packet has come for it since it was read, so that nothing else can be
# meant; never all at once (`conntrack -F`), and never the connection that this very script came by.
# shellcheck disable=SC2154,SC2016,SC2034  # entry_functions, failed, nl and value stand in the other files; awk's own $

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

# What there is to delete with, in $deleter. `conntrack -D` goes through all of the table for each entry: of 50,000, a
# hundred took it half a minute. So it is the last one; the others ask the kernel for just the one entry.
find_deleter() {
  for deleter in perl python3 /usr/libexec/platform-python python conntrack; do
    if has_command "$deleter"; then return 0; fi
  done
  return 1
}

# The table as a whole. The tool is asked first, as it reads on where it was: a kernel that is not of the newest (6.1,
# not 6.18) counts its way from the first entry for each page of the file (nf_conntrack_standalone.c, ct_get_idx).
whole_table() {
  if [ -e ./proc/net/nf_conntrack ] && has_command conntrack; then
    { conntrack -L -f ipv4 -o extended && conntrack -L -f ipv6 -o extended; } 2>/dev/null || table_lines
  else
    table_lines
  fi
}

# MOST FILTER...: how many of the first MOST entries each filter fits, and how many seconds the last of them would stay.
count_matches() {
  table_source
  say 'drain asked'
  if find_deleter; then say 'drain tool'; fi
  if [ -n "$(own_session)" ]; then say 'drain session'; fi
  most=$1
  shift
  gently=
  if has_command nice; then gently='nice -n 19'; fi
  say "$(whole_table | $gently awk -v most="$most" -v filters="$*" "$entry_functions$filter_functions"'
    BEGIN { read_limits(); count = read_filters(filters) }
    NR > most { more = 1; exit }
    !take() { next }
    {
      taken++
      for (place = 1; place <= count; place++) if (fits(place)) {
        matched[place]++
        # Of more than nine digits some awks make a power of ten.
        if (remaining > longest[place] + 0) longest[place] = remaining < 999999999 ? remaining : 999999999
      }
    }
    END {
      print "drain looked " taken + 0 " " more + 0
      for (place = 1; place <= count; place++) print "drain matched " matched[place] + 0 " " longest[place] + 0
    }')"
}

# As linux/netfilter/nf_conntrack_tcp.h counts them from 1.
tcp_states='SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2'

# PERL PYTHON: programs that delete, as delete-entries.pl says.
deleters() {
  perl_deleter=$1
  python_deleter=$2
}

# MOST FILTER LIMIT SESSION: the lines that a deleter takes, MOST at most, and behind them how many more fit. All of the
# table is read before the first is deleted: the kernel counts its way through a table that it prints, and would pass
# over as many as have gone meanwhile.
due_entries() {
  whole_table | awk -v most="$1" -v filters="$2" -v given="$3" -v session="$4" -v tcp_states="$tcp_states" "$entry_functions$filter_functions"'
    # The number behind `NAME=` where that first stands: in the direction of the first packet.
    function named(name) {
      return match($0, " " name "=[0-9]+") ? substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2) : "-"
    }
    BEGIN {
      read_limits()
      read_filters(filters)
      if (given > 0) for (name in limit) if (limit[name] < given) before[name] = given
      split(session, port, " ")
      count = split(tcp_states, word, " ")
      for (place = 1; place <= count; place++) number[word[place]] = place
    }
    !take() || !fits(1) { next }
    (sport == port[1] && dport == port[2]) || (sport == port[2] && dport == port[1]) { next }
    src !~ /^[0-9a-f.:]+$/ || dst !~ /^[0-9a-f.:]+$/ || sport !~ /^[0-9]*$/ || dport !~ /^[0-9]*$/ { next }
    due >= most || proto_number !~ /^[0-9]+$/ || length(proto_number) > 3 { rest++; next }
    {
      first = sport == "" ? "-" : sport
      second = dport == "" ? "-" : dport
      third = "-"
      if (proto ~ /^icmp/) { first = named("type"); second = named("code"); third = named("id") }
      line[++due] = (index(src, ":") ? "10 " : "2 ") proto_number " " src " " dst " " first " " second " " third " " named("zone") " " (proto == "tcp" && state in number ? number[state] : "-") " " (remaining < 0 ? "-" : remaining)
    }
    END {
      for (place = 1; place <= due; place++) print line[place]
      print "rest " rest + 0
    }'
}

# Does with the conntrack tool what delete-entries.pl does, a score at a time, and no more of it after half a minute.
delete_by_tool() {
  # From 1.4.7 on it takes deletions from a file; before, it needs a process for each.
  run='conntrack -R -'
  case $(conntrack --version 2>/dev/null) in *' v1.4.'[0-6]' '* | *' v1.'[0-3].* | *' v0.'*) run='xargs -L 1 conntrack' ;; esac
  awk -v run="$run" -v tcp_states="$tcp_states" '
    function clock(text) {
      "date +%s" | getline text
      close("date +%s")
      return text + 0
    }
    function delete_some(command, answer) {
      if (waiting == 0) return
      # Digits, addresses and words of our own: nothing in it means anything to a shell.
      command = "printf %b \"" lines "\" | " run " 2>/dev/null"
      while ((command | getline answer) > 0) if (answer ~ /src=/) gone++
      close(command)
      tried += waiting
      waiting = 0
      lines = ""
      is_over = clock() >= until
    }
    BEGIN {
      split("6 17 1 58 132 33 136", of, " ")
      split("tcp udp icmp icmpv6 sctp dccp udplite", word, " ")
      for (place in of) name[of[place]] = word[place]
      split(tcp_states, state, " ")
      until = clock() + 30
    }
    $1 == "rest" { left += $2; next }
    is_over || !($2 in name) { left++; next }
    {
      lines = lines "-D -f " ($1 == 2 ? "ipv4" : "ipv6") " -p " name[$2] " --orig-src " $3 " --orig-dst " $4
      if ($7 != "-") lines = lines " --" name[$2] "-type " $5 " --" name[$2] "-code " $6 " --" name[$2] "-id " $7
      else if ($5 != "-") lines = lines " --sport " $5 " --dport " $6
      if ($9 != "-") lines = lines " --state " state[$9]
      lines = lines "\\n"
      if (++waiting == 20) delete_some()
    }
    END { delete_some(); print gone + 0 " " tried - gone " " left + 0 " 0" }'
}

run_deleter() {
  case $deleter in
  perl) perl -e "$perl_deleter" ;;
  conntrack) delete_by_tool ;;
  *) "$deleter" -c "$python_deleter" ;;
  esac
}

# INDEX MOST FILTER LIMIT: deletes MOST entries at most, a thousand at a time with a pause behind each. LIMIT is the
# timeout that they were given, which may have been lowered a moment ago. Says how many were deleted, how many had gone
# or were used again by then, and how many are left.
drain_entries() {
  if ! is_due "$1"; then return 0; fi
  session=$(own_session)
  if [ -z "$session" ]; then
    fail "$1" drain "it could not be told which connection is our own"
  elif ! find_deleter; then
    fail "$1" drain 'none of perl, python3 and the conntrack tool is there'
  else
    told=$(due_entries "$2" "$3" "$4" "$session" | run_deleter 2>&1 | tail -n 1)
    case $told in
    *[!0-9\ ]* | '') fail "$1" drain "$deleter: $told" ;;
    *' 0')
      done_with "$1"
      say "drained $1 ${told% 0}"
      ;;
    *) fail "$1" drain "the kernel refuses to delete entries one by one (errno ${told##* })" ;;
    esac
  fi
}
