# shellcheck disable=SC2034,SC2154  # later and finished belong to who runs this, nl and say to probe.sh
# Puts back what a change did: the head of the journal that apply.sh leaves on a host while it changes it, behind
# which stand the calls. Each does nothing where nothing was done, so that it may run at any moment, and twice.
# $way is `back`, or `clean` where all is done and only what lies beside the files is to go. With $later a value that
# somebody has set since is left alone. Run by hand, `sh JOURNAL` puts back.

cd "${CONNTRACKCTL_ROOT:-/}" || exit 1
: "${way:=back}"

# INDEX STATUS: tells of a step that was done.
told() {
  case " ${finished-} " in *" $1 "*) say "back $1 $2" ;; esac
}

# BOOT_ID: has the host been booted since? Then its values are new ones. A host that does not tell has not.
since_boot() {
  rebooted=
  now=
  { read -r now <./proc/sys/kernel/random/boot_id; } 2>/dev/null || :
  if [ -n "$1" ] && [ "$now" != "$1" ]; then rebooted=1; fi
}

# INDEX: may this step have been made? Who made them knows; who only finds the journal does not.
is_begun() {
  case " ${begun-$1} " in *" $1 "*) [ "$way" = back ] && [ -z "$rebooted" ] ;; *) return 1 ;; esac
}

# INDEX FILE BEFORE AFTER
undo_value() {
  if ! is_begun "$1"; then return 0; fi
  result=0
  now=$(tr -s '\t' ' ' 2>/dev/null <"$2")
  if [ "$now" = "$3" ] || { [ -n "${later-}" ] && [ "$now" != "$4" ]; }; then
    : # as it was, or somebody else's by now
  else
    { printf '%s\n' "$3" >"$2"; } 2>/dev/null || result=1
  fi
  told "$1" "$result"
}

# FILE FILE: the same file, or one that a file system without links holds twice?
# shellcheck disable=SC3013  # -ef is not in POSIX, but in every shell named above
is_same() {
  [ "$1" -ef "$2" ] || cmp -s "$1" "$2" 2>/dev/null
}

# INDEX FILE TEMPORARY: .old is the file as it was, .new a link to what was put in its place.
undo_file() {
  result=0
  if [ "$way" = back ]; then
    if [ -e "$3.new" ]; then
      if ! is_same "$3.new" "$2"; then
        : # not replaced yet, or somebody else's by now
      elif [ -e "$3.old" ]; then
        mv -f "$3.old" "$2" || result=1
      else
        rm -f "$2" || result=1
      fi
    elif [ -e "$3.old" ] && [ ! -e "$2" ]; then
      mv -f "$3.old" "$2" || result=1
    fi
  fi
  if [ "$result" = 0 ]; then rm -f "$3" "$3.old" "$3.new"; fi
  told "$1" "$result"
}

# FOLDER: one that was made for a file.
undo_folder() {
  if [ "$way" = back ]; then rmdir "$1" 2>/dev/null || :; fi
}

# INDEX COMMAND: undoes a rule; the command does nothing where the rule is not there.
undo_rule() {
  if ! is_begun "$1"; then return 0; fi
  result=0
  (eval "$2") >/dev/null 2>&1 || result=1
  told "$1" "$result"
}

# INDEX: a module that was loaded stays, and that is said: unloading it would cut the connections of others.
undo_module() {
  if [ "$way" = back ]; then told "$1" 1; fi
}
