# Reads a host. Only functions stand here: host/script.ts puts the calls behind them and wraps it all
# in one compound command. Written for dash, bash, busybox ash, mksh; uses builtins wherever it can,
# because a fork on every host of a fleet costs more than all the rest of this file.
# Every path is written as .PATH, below the root: the same text reads an image mounted at a folder.

cd "${CONNTRACKCTL_ROOT:-/}" || exit 1
LC_ALL=C
PATH=${CONNTRACKCTL_ROOT-}/sbin:$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
umask 022
nl='
'
out=
value=
text=
places=
readable=

# Collects one line of the answer; all of it is printed at once at the end.
say() {
  out=$out$*$nl
}

# Reads the first line of FILE into $value. Not for numbers below /proc/sys: most shells read byte by
# byte, and the kernel gives such a file away in one read only (proc_dointvec: "if (*ppos) return 0").
# Those are left to `survey`.
first_line() {
  value=
  { IFS= read -r value || [ -n "$value" ]; } 2>/dev/null <"$1"
}

# Is COMMAND one of this host's? Below another root only what lies there counts.
has_command() {
  if [ -n "${CONNTRACKCTL_ROOT-}" ]; then
    [ -x "./sbin/$1" ]
  else
    command -v "$1" >/dev/null 2>&1
  fi
}

# Reads all of FILE into $text, byte for byte but for NUL, which a shell cannot hold. Of a file with more
# characters or lines than any that is edited, no more is read than tells that: see is_too_long.
whole_text() {
  text=
  count=0
  {
    while ! is_too_long && IFS= read -r line; do
      text=$text$line$nl
      count=$((count + 1))
    done
    # What stands behind the last newline.
    text=$text$line
  } 2>/dev/null <"$1"
}

is_too_long() {
  [ "$count" -gt 5000 ] || [ ${#text} -gt 65536 ]
}

# Where a lock and what puts values back may lie: gone after a reboot, as values are, and nobody's but root's.
find_base() {
  for base in ./run ./var/run ./etc; do
    if [ -d "$base" ] && [ -w "$base" ]; then return 0; fi
  done
}

# PID: when it started, so that a number that was given away anew is told apart; `dead` for what only waits to be buried.
started_at() {
  started=-
  if first_line "./proc/$1/stat"; then
    # Behind the name of the program, which may hold anything.
    value=${value##*\) }
    # shellcheck disable=SC2086  # a letter and numbers
    set -- $value
    started=${20:--}
    case $1 in Z | X) started=dead ;; esac
  fi
}

# HOLDER: is it alive, who took a lock with this text?
holder_lives() {
  # shellcheck disable=SC2086  # boot, pid, start, tag and a name
  set -- $1 - - -
  if first_line ./proc/sys/kernel/random/boot_id && [ "$value" != "$1" ]; then return 1; fi
  if ! kill -0 "$2" 2>/dev/null; then return 1; fi
  started_at "$2"
  [ "$3" = - ] || [ "$started" = - ] || [ "$started" = "$3" ]
}

# FILE: a regular file that nobody else has laid there?
# shellcheck disable=SC3067  # -O is not in POSIX, but in every shell named above
is_own_file() {
  [ -f "$1" ] && [ ! -h "$1" ] && [ -O "$1" ]
}

# Is there a journal of a run that was killed, or that is going on? $found names it.
left_journals() {
  for found in ./etc/.conntrackctl.*.journal* "$base"/.conntrackctl.*.journal*; do
    if is_own_file "$found"; then return 0; fi
  done
  return 1
}

# Whether somebody changes this host just now, or was killed over it.
others_at_work() {
  find_base
  if left_journals; then say "journal ${found#.}"; fi
  if [ -h "$base/conntrackctl.lock" ]; then
    holder=$(readlink "$base/conntrackctl.lock")
    if holder_lives "$holder"; then say "holder ${holder#* * * * }"; fi
  fi
}

# TAG FILE: the file's first line, when there is one.
say_first_line() {
  if first_line ".$2"; then say "$1 $value"; fi
}

# KEY FILE...: where a key stands, the first of the files that exists; `survey` reads it.
# Whether it may be written is found by opening it: mode bits and `test -w` both lie about /proc/sys.
place() {
  key=$1
  shift
  for file in "$@"; do
    [ -e ".$file" ] || continue
    if { true >>".$file"; } 2>/dev/null; then
      say "place $key $file writable"
    else
      say "place $key $file fixed"
    fi
    if [ -r ".$file" ]; then places="$places .$file"; fi
    return 0
  done
  say "place $key - missing"
}

# FILE: one of our own files, every line of it, and whether its folder may be written.
own_file() {
  folder=missing
  if [ -d ".${1%/*}" ]; then
    folder=read_only
    if [ -w ".${1%/*}" ]; then folder=writable; fi
  fi
  if [ -h ".$1" ]; then
    say "file $1 strange link"
  elif [ ! -e ".$1" ]; then
    say "file $1 missing $folder"
  elif [ ! -f ".$1" ]; then
    say "file $1 strange not_a_file"
  elif ! whole_text ".$1"; then
    say "file $1 strange unreadable"
  elif is_too_long; then
    say "file $1 strange too_long"
  else
    say "file $1 present $folder"
    say_text "$text"
  fi
}

# TEXT: each line after a bar, the last one after a backslash when no newline ends it.
say_text() {
  rest=$1
  while [ -n "$rest" ]; do
    case $rest in
    *"$nl"*)
      say "|${rest%%"$nl"*}"
      rest=${rest#*"$nl"}
      ;;
    *)
      say "\\$rest"
      rest=
      ;;
    esac
  done
}

# What kind of machine it is and how its table is doing.
about() {
  say_first_line kernel /proc/sys/kernel/osrelease
  # SUSE's systemd-sysctl begins with it.
  boot_file "./boot/sysctl.conf-$value"
  say_first_line boot /proc/sys/kernel/random/boot_id
  say_first_line memory /proc/meminfo
  say_first_line cpus /sys/devices/system/cpu/online
  while read -r name value _; do
    if [ "$name" = Uid: ]; then
      say "uid $value"
      break
    fi
  done 2>/dev/null <./proc/self/status
  if [ -r ./etc/os-release ]; then
    while IFS= read -r line; do
      case $line in ID=* | VERSION_ID=*) say "os $line" ;; esac
    done <./etc/os-release
  fi
  if [ -r ./proc/self/smaps ]; then
    while read -r name value _; do
      if [ "$name" = KernelPageSize: ]; then
        say "page $value"
        break
      fi
    done <./proc/self/smaps
  fi
  for name in nf_conntrack nf_conntrack_ipv4 nf_conntrack_ipv6 ip_conntrack; do
    if [ -e "./sys/module/$name/initstate" ]; then
      say "module $name loaded"
    elif [ -d "./sys/module/$name" ]; then
      say "module $name builtin"
    fi
    if [ -r "./proc/net/stat/$name" ]; then places="$places ./proc/net/stat/$name"; fi
  done
  # Up to 4.18 TCP and UDP have their keys from this one; some 4.18 have none. A module may be compressed.
  if [ ! -d ./sys/module/nf_conntrack_ipv4 ] && first_line ./proc/sys/kernel/osrelease; then
    for file in "./lib/modules/$value/kernel/net/ipv4/netfilter/nf_conntrack_ipv4.ko"*; do
      if [ -e "$file" ]; then say 'module nf_conntrack_ipv4 available'; fi
    done
  fi
  if [ ! -d ./sys/module/nf_conntrack ] && [ ! -d ./sys/module/ip_conntrack ]; then look_for_module; fi
  # Kernels from 2.6.32 to 4.6 have a slab for each network namespace, named after it.
  for file in ./sys/kernel/slab/nf_conntrack*/slab_size ./sys/kernel/slab/ip_conntrack*/slab_size; do
    case $file in *expect*) continue ;; esac
    if first_line "$file"; then
      say "slab $value"
      break
    fi
  done
  if [ -e ./proc/sys/net/nf_conntrack_max ]; then say 'alias present'; fi
  # On which file system /etc stands: on some hosts in memory.
  if [ -r ./proc/self/mounts ]; then places="$places ./proc/self/mounts"; fi
  if [ -r ./proc/cmdline ]; then
    say 'cmdline readable'
    places="$places ./proc/cmdline"
  fi
  what_boots
}

# Whether there is no conntrack to load, where the modules of the running kernel are there to show it.
look_for_module() {
  if ! first_line ./proc/sys/kernel/osrelease; then return 0; fi
  folder=./lib/modules/$value
  if [ ! -e "$folder/modules.dep" ]; then return 0; fi
  for file in "$folder"/kernel/net/netfilter/nf_conntrack.ko* "$folder"/nf_conntrack.ko* \
    "$folder"/*/nf_conntrack.ko* "$folder"/kernel/net/ipv4/netfilter/ip_conntrack.ko*; do
    if [ -e "$file" ]; then return 0; fi
  done
  say 'lacks conntrack'
}

# Which init it has, in which version, and which services it starts at boot.
# shellcheck disable=SC3013  # -ef is not in POSIX, but in every shell named above
what_boots() {
  services=
  if [ -e ./run/ostree-booted ]; then say 'ostree booted'; fi
  if [ -d ./run/systemd/system ]; then
    say 'init systemd'
    set -- ./etc/systemd/system/*.wants/*.service
    for file in ./usr/lib/systemd/libsystemd-shared-*.so ./lib/systemd/libsystemd-shared-*.so; do
      if [ -e "$file" ]; then
        file=${file##*-shared-}
        say "systemd ${file%%[!0-9]*}"
        break
      fi
    done
  elif [ -d ./run/openrc ]; then
    say 'init openrc'
    set -- ./etc/runlevels/*/*
  elif [ -f ./etc/openwrt_release ]; then
    say 'init busybox'
    set -- ./etc/rc.d/S*
  elif [ -f ./etc/rc.d/rc.sysinit ]; then
    say 'init sysvinit-rhel6'
    set -- ./etc/rc.d/rc[35].d/S*
  elif [ -f ./etc/init.d/procps ]; then
    say 'init sysvinit-debian'
    set -- ./etc/rc[S2].d/S*
  elif [ -f ./etc/init.d/rcS ] && [ ./bin/sh -ef ./bin/busybox ]; then
    say 'init busybox'
    set -- ./etc/init.d/S*
  else
    return 0
  fi
  # systemd sets the sysctls by itself; elsewhere it is procps, whose library has its release in its name.
  if [ ! -d ./run/systemd/system ]; then
    for file in ./usr/lib/*/libproc2.so.? ./lib/*/libprocps.so.? ./usr/lib/*/libprocps.so.? ./usr/lib64/libproc[2p]*.so.? ./lib64/libproc-3*.so ./lib/libproc-3*.so; do
      if [ -e "$file" ]; then
        say "procps ${file##*/}"
        break
      fi
    done
  fi
  for file in "$@"; do
    file=${file##*/}
    file=${file%.service}
    services="$services ${file#S[0-9][0-9]}"
  done
  say "services$services"
}

# FILE: what stands there, as something that is read at boot; adds to $readable what grep may read.
# shellcheck disable=SC3013  # -ef is not in POSIX, but in every shell named above
boot_file() {
  link=
  if [ -h "$1" ]; then
    if [ "$1" -ef /dev/null ]; then
      say "boot masked ${1#.}"
      return 0
    elif [ ! -e "$1" ]; then
      say "boot dangling ${1#.}"
      return 0
    fi
    # The two links that distributions ship need no process of their own to be known.
    if [ "$1" -ef ./etc/sysctl.conf ]; then
      link=/etc/sysctl.conf
    elif [ "$1" -ef ./etc/modules ]; then
      link=/etc/modules
    else
      link=$(readlink -f "$1")
      link=${link#"${CONNTRACKCTL_ROOT-}"}
    fi
  fi
  if [ -d "$1" ]; then
    say "boot directory ${1#.}"
  elif [ -f "$1" ] && [ -r "$1" ]; then
    say "boot file ${link:+$link }${1#.}"
    readable="$readable$nl$1"
  elif [ -e "$1" ]; then
    say "boot unreadable ${1#.}"
  fi
}

# FOLDER SUFFIX: the files in it that are read at boot.
boot_folder() {
  if [ ! -d ".$1" ]; then return 0; fi
  # Where /lib is a link to /usr/lib, each file would be met twice.
  case $1 in /lib/*) if [ -h ./lib ]; then return 0; fi ;; esac
  for file in ".$1"/*"$2"; do boot_file "$file"; done
}

# PATTERN...: the lines, as `./path:number:text`, in which one of the patterns stands: of the places
# and of the boot files noted so far. One process reads all of them.
survey() {
  patterns=
  for pattern in "$@"; do patterns="$patterns$nl$pattern"; done
  patterns=${patterns#"$nl"}
  # One path a line: a name of somebody else's file may hold blanks.
  set -f
  IFS=$nl
  # shellcheck disable=SC2086
  set -- $readable
  unset IFS
  # shellcheck disable=SC2086  # a list of paths without blanks
  find_lines "$patterns" "$@" $places
  say "lines $status$nl$lines"
  set +f
}

# PATTERNS FILE...: their lines, in $lines, and grep's own word on it, in $status. Of a file with NULs, which no
# shell could hold, grep says that it is binary, or we do. A file that has too much to say would drown all the
# others, so it is left out and named.
find_lines() {
  patterns=$1
  shift
  lines=$(grep -sn -m 1000 -e "$patterns" -- "$@" /dev/null 2>&1)
  status=$?
  if [ ${#lines} -le 1000000 ]; then
    name_nuls "$@"
    return 0
  fi
  lines=
  for file in "$@"; do
    found=$(grep -sn -m 1000 -e "$patterns" -- "$file" /dev/null 2>&1 | head -c 65537)
    if [ ${#found} -gt 65536 ]; then
      say "overlong ${file#.}"
    else
      lines=$lines$found$nl
    fi
  done
  name_nuls "$@"
}

# FILE...: busybox's grep gives lines with NULs, which the shell would put together without them. Where grep is of that
# kind, names the files that have some and a line in $lines.
name_nuls() {
  case $(printf 'a\000b\n' | grep -n a 2>/dev/null) in
  1:*) ;;
  *) return 0 ;;
  esac
  for file in "$@"; do
    case $file in
    ./proc/* | ./sys/*) continue ;;
    esac
    # shellcheck disable=SC2094  # both read
    case $nl$lines in
    *"$nl$file:"*) tr -d '\000' <"$file" 2>/dev/null | cmp -s - "$file" || say "nuls ${file#.}" ;;
    esac
  done
}

# All of each file below /etc in which `survey` found a line that may set something, for a plan that edits
# it, and of the copy that an earlier edit left.
editable_files() {
  last=
  set -f
  IFS=$nl
  # shellcheck disable=SC2086  # the lines, one a word
  set -- $lines
  unset IFS
  set +f
  for found in "$@"; do
    file=${found%%:*}
    if [ "$file" = "$last" ]; then continue; fi
    last=$file
    case $file in
    *[!A-Za-z0-9._/+@-]*) ;;
    ./etc/sysctl.d/conntrackctl.conf | ./etc/sysctl.d/z*-conntrackctl.conf | ./etc/modprobe.d/conntrackctl.conf) ;;
    ./etc/sysctl.conf | ./etc/sysctl.d/*.conf | ./etc/modprobe.conf | ./etc/modprobe.d/*.conf | ./etc/ufw/sysctl.conf)
      foreign_file "${file#.}"
      ;;
    esac
  done
}

# FILE: somebody else's file; as our own, but for what no shell could hold or write back.
foreign_file() {
  if [ -f ".$1" ] && [ ! -h ".$1" ] && [ -r ".$1" ]; then
    if whole_text ".$1" && ! is_too_long && ! printf '%s' "$text" | cmp -s - ".$1"; then
      say "file $1 strange not_text"
      return 0
    fi
  fi
  own_file "$1"
  own_file "$1.conntrackctl-orig"
}

# PATTERN...: who else writes conntrack settings: the processes known for it with their arguments, and
# every line of the files that match, as `./path:number:text`.
writers() {
  for file in ./proc/[0-9]*/comm; do
    if ! first_line "$file"; then continue; fi
    case $value in
    kube-proxy | k3s* | rke2* | dockerd | calico-node | firewalld | tuned | python*) ;;
    *) continue ;;
    esac
    # A NUL ends each argument; tabs and newlines within one are of no use to us.
    argv=$(tr '\0\t\n' '\t  ' 2>/dev/null <"${file%/comm}/cmdline")
    case $value:$argv in
    python*:*tuned* | python*:*firewalld*) ;;
    python*) continue ;;
    esac
    say "process $argv"
  done
  readable=
  for pattern in "$@"; do
    # shellcheck disable=SC2086  # a pattern of file names, without blanks
    for file in .$pattern; do
      if [ -f "$file" ] && [ -r "$file" ]; then
        say "writer file ${file#.}"
        readable="$readable$nl$file"
      elif [ -e "$file" ]; then
        say "writer unreadable ${file#.}"
      fi
    done
  done
  set -f
  IFS=$nl
  # shellcheck disable=SC2086  # one path a line
  set -- $readable
  unset IFS
  set +f
  find_lines '' "$@"
  say "writers $status$nl$lines"
}
