# shellcheck disable=SC1090,SC2034  # the journal is written by ourselves, and reads way
# JOURNAL LOCK TAG WHO: a program of its own, in a session of its own, with nothing open of the shell that started it but
# its input: that comes from the part that makes the changes, and ends with that part and all it started. When it did not
# come to its end it was killed: then this puts back.

journal=$1
lock=$2
tag=$3
who=$4
trap '' HUP INT PIPE TERM
run_journal() {
  (
    unset begun
    . "$1"
  ) || :
}

ended=
while read -r word; do
  case $word in
  # That it has another name by now tells that somebody stands by.
  ready) mv -f "$journal.new" "$journal" ;;
  whole) ended=whole ;;
  esac
done
if [ "$ended" = whole ]; then exit 0; fi

boot=-
{ read -r boot <./proc/sys/kernel/random/boot_id; } || :
started=-
{ read -r line <"./proc/$$/stat"; } && {
  # shellcheck disable=SC2086  # a letter and numbers, behind the name of the program
  set -- ${line##*\) }
  started=${20:--}
}
mine="$boot $$ $started $tag $who"

# Takes the lock of the one that was killed, so that nobody else begins meanwhile. Who was faster puts back before anything else.
claim() {
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    case $(readlink "$lock") in
    *" $tag "*) if ln -s -- "$mine" "$lock.$tag" && mv -f "$lock.$tag" "$lock"; then return 0; fi ;;
    '') if ln -s -- "$mine" "$lock"; then return 0; fi ;;
    esac
    if [ ! -e "$journal" ] && [ ! -e "$journal.done" ] && [ ! -e "$journal.back" ]; then return 1; fi
    sleep 1
  done
  return 1
}

# Nothing was changed before this one had it.
rm -f "$journal.new"
if ! claim; then exit 9; fi
if mv -f "$journal" "$journal.back" || [ -e "$journal.back" ]; then
  way=back
  run_journal "$journal.back"
elif [ -e "$journal.done" ]; then
  way=clean
  run_journal "$journal.done"
fi
rm -f "$journal.back" "$journal.done"
case $(readlink "$lock") in *" $tag "*) rm -f "$lock" ;; esac
exit 9
