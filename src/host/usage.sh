# How a table has fared: stands behind probe.sh, whose functions and answer it uses. Everything here reads
# only and is bounded: so many bytes of a log, so many namespaces, so many entries.
# shellcheck disable=SC2154,SC2012  # out, nl and value are set by probe.sh; ls tells links in one process

# SOURCE: of the log on standard input, the lines of a table that was full: how many, the first, the last, and
# which namespaces they name. A log of others may hold anything, so each line is cut.
log_lines() {
  awk -v source="$1" '
    $0 == "conntrackctl: not readable" { unreadable = 1 }
    index($0, "_conntrack: table full") {
      lines++
      if (lines == 1) first = substr($0, 1, 300)
      last = substr($0, 1, 300)
      if (match($0, /table full in netns [0-9]+/)) {
        inode = substr($0, RSTART + 20, RLENGTH - 20)
        if (inode in named) named[inode]++
        else if (count < 32) { named[inode] = 1; count++ }
      }
    }
    END {
      if (unreadable && !lines) { print "log " source " unreadable"; exit }
      print "log " source " lines " lines + 0
      if (!lines) exit
      print "log " source " first " first
      print "log " source " last " last
      for (inode in named) print "log " source " netns " inode " " named[inode]
    }'
}

# The ends of the logs, a megabyte of each at most.
logs() {
  if has_command dmesg; then
    say "$({ dmesg 2>/dev/null || echo 'conntrackctl: not readable'; } | tail -c 1048576 | log_lines dmesg)"
  fi
  if has_command journalctl && [ -d ./run/systemd/system ]; then
    patience=
    if has_command timeout; then patience='timeout 10'; fi
    say "$($patience journalctl -k -q --no-pager -o short-iso -n 5000 2>/dev/null | log_lines journal)"
  fi
  for name in messages syslog kern.log; do
    if [ -f "./var/log/$name" ]; then
      if [ -r "./var/log/$name" ]; then
        say "$(tail -c 1048576 "./var/log/$name" | log_lines "/var/log/$name")"
      else
        say "log /var/log/$name unreadable"
      fi
    fi
  done
}

# What this machine's clock says, for the lines of logs that have no year or no zone; and what memory is left.
clock() {
  if first_line ./proc/uptime; then say "uptime $value"; fi
  say "clock $(date '+%s %z')"
  while read -r name value _; do
    if [ "$name" = MemAvailable: ]; then
      say "available $value"
      break
    fi
  done 2>/dev/null <./proc/meminfo
}

# The tables of other network namespaces, one process of each asked: /proc/PID/net is that of its namespace.
# Columns are found by name and numbers are hexadecimal, as in /proc/net/stat of this one.
namespaces() {
  tables=
  found=$(ls -l ./proc/self/ns/net ./proc/[0-9]*/ns/net 2>/dev/null |
    sed -n 's|^.* \./proc/\([a-z0-9]*\)/ns/net -> net:\[\([0-9]\{1,12\}\)\]$|\2 \1|p')
  own=${found%%" self"*}
  own=${own##*"$nl"}
  case $own in '' | *[!0-9]*) return 0 ;; esac
  say "netns own $own"
  found=$(printf '%s\n' "$found" | grep -v "^$own " | sort -u -k1,1)
  total=0
  IFS=$nl
  for line in $found; do
    total=$((total + 1))
    if [ "$total" -gt 64 ]; then continue; fi
    if ! first_line "./proc/${line#* }/comm"; then value=; fi
    say "netns process $line $value"
    tables="$tables$nl./proc/${line#* }/net/stat/nf_conntrack"
  done
  say "netns total $total"
  if [ "$total" = 0 ]; then
    unset IFS
    return 0
  fi
  # shellcheck disable=SC2086  # one path a line
  set -- $tables
  unset IFS
  say "$(grep -as '' "$@" /dev/null | awk '
    function number(text, place, sum) {
      for (place = 1; place <= length(text); place++)
        sum = sum * 16 + index("0123456789abcdef", substr(text, place, 1)) - 1
      return sum + 0
    }
    {
      path = substr($0, 1, index($0, ":") - 1)
      fields = split(substr($0, length(path) + 2), cell, " ")
      if (path != last) {
        last = path
        order[++tables] = path
        split("", column)
        for (place = 1; place <= fields; place++) column[cell[place]] = place
        next
      }
      if ("entries" in column) entries[path] = number(cell[column["entries"]])
      if ("drop" in column) drop[path] += number(cell[column["drop"]])
      if ("early_drop" in column) early[path] += number(cell[column["early_drop"]])
    }
    END {
      for (place = 1; place <= tables; place++) {
        path = order[place]
        split(path, part, "/")
        print "netns table " part[3] " " entries[path] + 0 " " drop[path] + 0 " " early[path] + 0
      }
    }')"
}

# TIMEOUT_FILE...: of the first entries of the table, which a hash has put there by chance, how many are
# established TCP and how many of those have been idle for more than an hour.
sample_entries() {
  for timeout in "$@"; do
    for table in ./proc/net/nf_conntrack ./proc/net/ip_conntrack; do
      if [ ! -r "$table" ] || [ ! -r ".$timeout" ]; then continue; fi
      say "$(head -n 2000 "$table" 2>/dev/null | awk -v file=".$timeout" '
        BEGIN { getline limit <file; limit += 0 }
        {
          entries++
          place = $1 == "tcp" ? 1 : $3 == "tcp" ? 3 : 0
          if (!place || $(place + 3) != "ESTABLISHED") next
          established++
          remaining = $(place + 2) + 0
          # A shorter timeout counts down where packets go unanswered.
          if (remaining > 300 && limit - remaining > 3600) idle++
        }
        END { print "sample " entries + 0 " " established + 0 " " idle + 0 }')"
      return 0
    done
  done
}
