# Reads the entries of the table in one pass; stands behind probe.sh and usage.sh. A table of a million entries must
# neither be shipped nor slow the host: the pass ends after so many entries. A hash has put them in their order, with
# a secret of the kernel's, so the first ones are a fair sample of all.
# shellcheck disable=SC2154,SC2016  # out and nl are set by probe.sh; awk's own $

# What one line of the table says, as /proc/net/nf_conntrack, ip_conntrack and `conntrack -L -o extended` write it.
# Lines are taken by their shape only; what has another shape is counted and left.
entry_functions='
  function take(at, next_field) {
    at = ($1 == "ipv4" || $1 == "ipv6") ? 3 : 1
    proto = $at
    proto_number = $(at + 1)
    at += 2
    remaining = -1
    if ($at ~ /^[0-9]+$/) { remaining = $at + 0; at++ }
    state = ""
    if (substr($at, 1, 4) != "src=") { state = $at; at++ }
    if (substr($at, 1, 4) != "src=" || substr($(at + 1), 1, 4) != "dst=" || length(proto state) > 30) return 0
    src = substr($at, 5, 40)
    dst = substr($(at + 1), 5, 40)
    sport = dport = ""
    next_field = at + 2
    if (substr($next_field, 1, 6) == "sport=") {
      sport = substr($next_field, 7, 5)
      dport = substr($(next_field + 1), 7, 5)
      next_field += 2
    }
    while (next_field <= NF && substr($next_field, 1, 4) != "src=") next_field++
    reply_src = substr($next_field, 5, 40)
    reply_dst = substr($(next_field + 1), 5, 40)
    flag = index($0, "[ASSURED]") ? "assured" : index($0, "[UNREPLIED]") ? "unreplied" : "replied"
    if (state !~ /^[A-Z0-9_]*$/ || proto !~ /^[a-z0-9-]+$/) return 0
    return 1
  }
  function seconds(name, file, text) {
    file = folder "/" name
    if ((getline text <file) <= 0) return -1
    close(file)
    return text + 0
  }
  function read_limits(names, count, pair, place) {
    # What kernels come with, in case somebody has lowered it: nf_conntrack_proto_tcp.c, nf_conntrack_proto_udp.c.
    before["ESTABLISHED"] = 432000
    before["SYN_SENT"] = before["TIME_WAIT"] = before["FIN_WAIT"] = before["udp-stream"] = 120
    before["SYN_RECV"] = before["CLOSE_WAIT"] = 60
    before["udp"] = 30
    folder = "./proc/sys/net/netfilter"
    prefix = "nf_conntrack_"
    if (seconds(prefix "udp_timeout") < 0) { folder = "./proc/sys/net/ipv4/netfilter"; prefix = "ip_conntrack_" }
    count = split("SYN_SENT:tcp_timeout_syn_sent SYN_SENT2:tcp_timeout_syn_sent SYN_RECV:tcp_timeout_syn_recv ESTABLISHED:tcp_timeout_established FIN_WAIT:tcp_timeout_fin_wait CLOSE_WAIT:tcp_timeout_close_wait LAST_ACK:tcp_timeout_last_ack TIME_WAIT:tcp_timeout_time_wait CLOSE:tcp_timeout_close udp:udp_timeout udp-stream:udp_timeout_stream icmp:icmp_timeout icmpv6:icmpv6_timeout other:generic_timeout", names, " ")
    for (place = 1; place <= count; place++) {
      split(names[place], pair, ":")
      limit[pair[1]] = seconds(prefix pair[2])
    }
  }
  function idle_seconds(name) {
    name = proto == "tcp" ? state : proto == "udp" ? (flag == "assured" ? "udp-stream" : "udp") : (proto in limit) ? proto : "other"
    if (remaining < 0 || !(name in limit) || limit[name] < 0) return -1
    # It keeps a timeout from before: no packet came since that was lowered.
    if (remaining > limit[name]) return (name in before) && remaining <= before[name] ? before[name] - remaining : -2
    if (state == "ESTABLISHED" && remaining <= 300 && limit[name] > 7200) return -1
    return limit[name] - remaining
  }
'

# Prints the table, whichever way it can be had; nothing where it cannot.
table_lines() {
  for table in ./proc/net/nf_conntrack ./proc/net/ip_conntrack; do
    if [ -r "$table" ]; then
      # A table under load changes while it is read, which cat takes no notice of.
      cat "$table" 2>/dev/null
      return 0
    fi
  done
  if has_command conntrack; then
    for family in ipv4 ipv6; do conntrack -L -f "$family" -o extended 2>/dev/null; done
  fi
}

# How the table may be had: proc, conntrack, or not at all.
table_source() {
  if [ -r ./proc/net/nf_conntrack ] || [ -r ./proc/net/ip_conntrack ]; then
    say 'table proc'
  elif has_command conntrack; then
    say 'table conntrack'
  elif [ -e ./proc/net/nf_conntrack ] || [ -e ./proc/net/ip_conntrack ]; then
    say 'table unreadable'
  else
    say 'table missing'
  fi
}

# MOST: the picture of the table, from MOST entries at most; a fourth of it on a host that is busy already.
picture() {
  table_source
  most=$1
  cores=1
  if first_line ./sys/devices/system/cpu/online; then cores=$((${value##*[!0-9]} + 1)); fi
  if first_line ./proc/loadavg && [ "${value%%.*}" -ge "$((2 * cores))" ]; then
    most=$((most / 4))
    say 'busy yes'
  fi
  gently=
  if has_command nice; then gently='nice -n 19'; fi
  say "$(table_lines | $gently awk -v most="$most" "$entry_functions"'
    function note(kind, key) {
      key = kind SUBSEP class SUBSEP key
      if (key in seen) seen[key]++
      else { seen[key] = 1; late[key] = window }
    }
    # Lossy counting (Manku and Motwani): what is rare is forgotten, and no count is short by more than the windows.
    function forget(key) {
      window++
      for (key in seen) if (seen[key] + late[key] <= window) { delete seen[key]; delete late[key] }
    }
    function network(address, part, count, left, place, text) {
      if (!index(address, ":")) { sub(/[0-9]+$/, "0/24", address); return address }
      if (index(address, "::")) {
        count = split(substr(address, 1, index(address, "::") - 1), part, ":")
        for (place = count + 1; place <= 4; place++) part[place] = "0"
      } else split(address, part, ":")
      return part[1] ":" part[2] ":" part[3] ":" part[4] "::/64"
    }
    function bucket(idle) {
      return idle < 0 ? idle : idle < 10 ? 0 : idle < 30 ? 10 : idle < 60 ? 30 : idle < 120 ? 60 : idle < 600 ? 120 : idle < 3600 ? 600 : idle < 7440 ? 3600 : idle < 86400 ? 7440 : 86400
    }
    BEGIN {
      read_limits()
      class_of["SYN_SENT"] = class_of["SYN_SENT2"] = class_of["SYN_RECV"] = "opening"
      class_of["ESTABLISHED"] = "established"
      class_of["FIN_WAIT"] = class_of["CLOSE_WAIT"] = class_of["LAST_ACK"] = class_of["TIME_WAIT"] = class_of["CLOSE"] = "closing"
    }
    NR > most { more = 1; exit }
    !take() { strange++; next }
    {
      taken++
      class = proto == "tcp" ? ((state in class_of) ? class_of[state] : "other") : proto == "udp" ? "udp" : "other"
      cell[proto " " (state == "" ? "-" : state) " " flag " " bucket(idle_seconds())]++
      note("source", src)
      note("network", network(src))
      note("destination", dst)
      note("aim", network(dst))
      if (dport != "") { note("port", proto "/" dport); note("pair", src " " dst " " proto "/" dport) }
      if (reply_dst != "" && reply_dst != src) {
        translated++
        note("pool", reply_dst " " dst " " proto "/" dport)
      }
      if (taken % 8192 == 0) forget()
    }
    END {
      print "entries " taken + 0 " " strange + 0 " " more + 0 " " translated + 0
      for (name in cell) if (cells++ < 300) print "cell " cell[name] " " name
      for (key in seen) {
        count = seen[key]
        split(key, part, SUBSEP)
        group = part[1] SUBSEP part[2]
        groups[group] = 1
        if (filled[group] < 8) place = ++filled[group]
        else {
          place = 1
          for (other = 2; other <= 8; other++) if (best[group, other] < best[group, place]) place = other
          if (count <= best[group, place]) continue
        }
        best[group, place] = count
        who[group, place] = part[3]
      }
      for (group in groups) {
        split(group, part, SUBSEP)
        for (place = 1; place <= filled[group]; place++)
          print "top " best[group, place] " " part[1] " " part[2] " " who[group, place]
      }
    }')"
}
