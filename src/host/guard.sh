# shellcheck disable=SC2154  # value, out and nl are set by probe.sh, failed and finished by apply.sh
# shellcheck disable=SC1090,SC2034  # the journal is written by ourselves, and reads way, later and finished
# What keeps a change whole: a lock against other controllers, a journal of what puts back, a process that does so
# when the shell is killed (stand-by.sh), and one that does so when nobody confirms in time (revert.sh).

# The pid and start of this very shell, which need not be $$, and the boot they belong to.
identify() {
  boot=-
  pid=$$
  if first_line ./proc/sys/kernel/random/boot_id; then boot=$value; fi
  if first_line ./proc/self/stat; then pid=${value%% *}; fi
  started_at "$pid"
}

# TAG WHO WHERE: names of what this run leaves on the host while it changes it. WHERE is `etc` where files are
# changed, since the journal has to outlast a power cut then.
prepare() {
  trap '' HUP INT PIPE TERM
  find_base
  tag=$1
  who=$2
  lock=$base/conntrackctl.lock
  journal=$base/.conntrackctl.$tag.journal
  if [ "$3" = etc ]; then journal=./etc/.conntrackctl.$tag.journal; fi
  locked=
  armed=
}

# Takes the lock: a link, since that is made with its text in one step. A holder that is dead loses it.
take_lock() {
  identify
  for _ in 1 2 3 4 5; do
    if why=$(ln -s -- "$boot $pid $started $tag $who" "$lock" 2>&1); then
      locked=1
      if left_journals; then fail 0 interrupted "$found"; fi
      return 0
    fi
    holder=$(readlink "$lock" 2>/dev/null) || holder=
    if [ -z "$holder" ]; then
      # Free again by now, or it cannot be made here.
      continue
    elif holder_lives "$holder"; then
      fail 0 locked "${holder#* * * * }"
      return 0
    fi
    # Two may see the same dead holder: only what was moved away by the same name is what was seen.
    if mv "$lock" "$lock.$pid" 2>/dev/null; then
      seen=$(readlink "$lock.$pid")
      if [ "$seen" != "$holder" ]; then ln -s -- "$seen" "$lock" 2>/dev/null || :; fi
      rm -f "$lock.$pid"
    fi
  done
  fail 0 file "$why"
}

# Ends what take_lock began, where the lock is still ours.
leave_lock() {
  case $(readlink "$lock" 2>/dev/null) in *" $tag "*) rm -f "$lock" ;; esac
}

# PROGRAM: what waits for the end of the part that makes the changes, and puts back when that was killed. Where there is
# setsid it is in a session of its own, so that it outlives whoever kills ours.
stand_by() {
  set -- sh -c "$1" conntrackctl "$journal" "$lock" "$tag" "$who"
  if command -v setsid >/dev/null 2>&1; then set -- setsid "$@"; fi
  "$@" >/dev/null 2>&1 3>&-
}

# TEXT: what puts back, on the host before anything is changed there, and in the hands of the one that stands by.
write_journal() {
  if [ -n "$failed" ]; then return 0; fi
  if { printf '%s' "$1" >"$journal.new"; } 2>/dev/null || why=$(printf '%s' "$1" | dd of="$journal.new" 2>&1 >/dev/null); then
    hand_over
  else
    rm -f "$journal.new"
    fail 0 file "$why"
  fi
}

# Waits until the one that stands by has the journal. On a host that is busy that may take a while.
hand_over() {
  { echo ready >&4; } 2>/dev/null
  looks=0
  until [ -e "$journal" ]; do
    looks=$((looks + 1))
    if [ "$looks" -gt 1000 ]; then
      rm -f "$journal.new"
      fail 0 guard 'what puts back after a kill did not start'
      return 0
    fi
    # It is there within some milliseconds, as a rule.
    if [ "$looks" -gt 300 ]; then sleep 0.02 2>/dev/null || { looks=$((looks + 50)) && sleep 1; }; fi
  done
}

# LINE: what is only known while changes are made.
add_to_journal() {
  if ! { printf '%s\n' "$1" >>"$journal"; } 2>/dev/null; then
    why=$(printf '%s\n' "$1" 2>&1 >>"$journal") && return 0
    return 1
  fi
}

# JOURNAL: in a shell of its own, as a journal that was cut short ends the shell that reads it; nothing was changed then.
# Its steps are not told of, and which of them were begun is not known.
run_journal() {
  (
    finished=
    unset begun
    . "$1"
  ) >/dev/null 2>&1 || :
}

# SECONDS PROGRAM: from here on, all is put back unless a new connection says within the time that it got in. The
# program that waits for it holds the lock, and needs neither the connection nor a session of its own.
arm() {
  if [ -n "$failed" ]; then return 0; fi
  armed=1
  set -- sh -c "$2" conntrackctl "$journal" "$lock" "$tag" "$1" "$pid" "$who"
  if command -v setsid >/dev/null 2>&1; then set -- setsid "$@"; fi
  "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- &
  started_at "$!"
  if ! why=$({ ln -s -- "$boot $! $started $tag $who" "$lock.$tag" && mv -f "$lock.$tag" "$lock"; } 2>&1); then
    fail 0 file "$why"
  fi
}

# From a new connection: it got in, so that what was changed may stay.
confirm() {
  if mv -f "$journal" "$journal.done" 2>/dev/null; then
    way=clean
    run_journal "$journal.done"
    rm -f "$journal.done"
    leave_lock
    say 'confirm done'
  elif [ -e "$journal.back" ]; then
    say 'confirm late'
  else
    say 'confirm gone'
  fi
}

# Ends what a killed run left: puts back what was not done, clears away after what was.
heal() {
  take_lock
  if [ -z "$locked" ]; then return 0; fi
  failed=
  later=1
  for found in ./etc/.conntrackctl.*.journal* "$base"/.conntrackctl.*.journal*; do
    if ! is_own_file "$found"; then continue; fi
    way=back
    case $found in *.done) way=clean ;; esac
    run_journal "$found"
    rm -f "$found"
  done
  leave_lock
}
