# shellcheck disable=SC1090,SC2034  # the journal is written by ourselves, and reads way
# JOURNAL LOCK TAG SECONDS PID WHO: a program of its own, with nothing open of the shell that started it. Puts back what
# the process PID changes for WHO, unless a new connection has confirmed it within the time.

journal=$1
lock=$2
tag=$3
left=$4
run_journal() {
  (
    way=back
    . "$journal.back"
  ) || :
}

trap '' HUP INT PIPE TERM
# Counted in naps, since a clock may jump.
while [ "$left" -gt 0 ]; do
  sleep 1
  # Confirmed, or put back already.
  if [ ! -e "$journal" ]; then exit 0; fi
  left=$((left - 1))
done
# Whoever renames the journal first has decided.
mv -f "$journal" "$journal.back" || exit 0
logger -t conntrackctl "not confirmed within $4 s: what $6 changed is put back"
run_journal
# What still hangs in one of its steps makes that one, and no more.
if kill -0 "$5"; then
  while kill -0 "$5"; do sleep 1; done
  run_journal
fi
rm -f "$journal.back"
case $(readlink "$lock") in *" $tag "*) rm -f "$lock" ;; esac
