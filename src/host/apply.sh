# shellcheck disable=SC2154  # value, text, out and nl are set by probe.sh
# shellcheck disable=SC1090,SC2034  # the journal is written by ourselves, and reads way
# Changes a host; stands behind probe.sh and guard.sh, whose functions it uses. Once started it goes on to its end,
# whatever becomes of the connection: all is done, or all is put back. Temporary files are written
# first, since that is where a full disk shows; then the kernel's values; then the files are renamed.

failed=
finished=
begun=
staged=
like=

# INDEX KIND TEXT: notes the first failure; every later step is left out.
fail() {
  failed=$1
  say "step $1 failed $2 $(printf '%s' "$3" | tr '\n' ' ')"
}

# INDEX: is this step to be done? Not after a failure, and not once the time to confirm is over.
is_due() {
  if [ -n "$failed" ]; then return 1; fi
  if [ -z "$armed" ] || [ -e "$journal" ]; then return 0; fi
  fail "$1" late 'the time to confirm was over before all was changed'
  return 1
}

# EXPECTED FILE...: do the kernel's values stand as the plan saw them? One process reads them all.
values_are_as_planned() {
  if ! is_due 0; then return 0; fi
  expected=$1
  shift
  values=$(grep -as '' "$@" /dev/null)
  # The kernel prints tabs between several numbers, where the plan has blanks.
  case $expected in *' '*) values=$(printf '%s' "$values" | tr '\t' ' ') ;; esac
  if [ "$values" = "$expected" ]; then return 0; fi
  fail 0 moved "the values have changed since they were read"
}

# FILE BEFORE_STATE BEFORE_TEXT: does the file stand as the plan saw it?
file_is_as_planned() {
  if [ "$2" = missing ]; then
    [ ! -e "$1" ] && [ ! -h "$1" ]
  else
    [ -f "$1" ] && [ ! -h "$1" ] && whole_text "$1" && [ "$text" = "$3" ]
  fi
}

# INDEX FILE BEFORE_STATE BEFORE_TEXT AFTER_TEXT LIKE ATTRIBUTES: writes the new text beside the file. Owner and mode
# are those of the file it replaces, or of the file LIKE, or ATTRIBUTES (`640 0:4`).
stage_file() {
  if ! is_due "$1"; then return 0; fi
  folder=.${2%/*}
  temporary=$folder/.conntrackctl.$tag.$1
  if ! file_is_as_planned ".$2" "$3" "$4"; then
    fail "$1" moved "$2 has changed since it was read"
    return 0
  fi
  if [ ! -d "$folder" ]; then
    if ! add_to_journal "undo_folder '$folder'" || ! why=$(mkdir -p "$folder" 2>&1); then
      fail "$1" file "$why"
      return 0
    fi
  fi
  staged="$staged $temporary"
  # A copy keeps owner and mode of what it will replace.
  like=${6:+.$6}
  if [ "$3" = present ]; then like=.$2; fi
  if [ -n "$like" ] && ! why=$(cp -p "$like" "$temporary" 2>&1); then
    fail "$1" file "$why"
  elif ! { printf '%s' "$5" >"$temporary"; } 2>/dev/null; then
    # The shell's own message has no errno in it; dd's has. It writes, too: a second try that works is as good.
    if ! why=$(printf '%s' "$5" | dd of="$temporary" 2>&1 >/dev/null); then fail "$1" file "$why"; fi
  fi
  if [ -n "${7-}" ] && [ -z "$failed" ] && ! why=$({ chown "${7#* }" "$temporary" && chmod "${7% *}" "$temporary"; } 2>&1); then
    fail "$1" file "$why"
  fi
  # Such a script is run only when it may be executed.
  case $2 in *.modules) chmod 755 "$temporary" 2>/dev/null ;; esac
}

# INDEX FILE BEFORE_STATE BEFORE_TEXT: a file that is to be removed, does it stand as the plan saw it?
check_file() {
  if ! is_due "$1"; then return 0; fi
  if ! file_is_as_planned ".$2" "$3" "$4"; then fail "$1" moved "$2 has changed since it was read"; fi
}

# INDEX: puts the staged files on the disk before anything is changed; an old sync takes no names and syncs all.
flush_staged() {
  if [ -n "$failed" ] || [ -z "$staged" ]; then return 0; fi
  # shellcheck disable=SC2086  # a list of paths without blanks
  if ! why=$(sync "$journal" $staged 2>&1); then fail "$1" file "$why"; fi
}

# INDEX MODULE
load_module() {
  if ! is_due "$1"; then return 0; fi
  if why=$(modprobe "$2" 2>&1); then
    done_with "$1"
  else
    fail "$1" module "$why"
  fi
}

# INDEX COMMAND: makes a rule.
make_rule() {
  if ! is_due "$1"; then return 0; fi
  begun="$begun $1"
  if why=$(eval "$2" 2>&1); then
    done_with "$1"
  else
    fail "$1" rule "$why"
  fi
}

# INDEX
done_with() {
  finished="$1 $finished"
  say "step $1 done"
}

# INDEX FILE BEFORE AFTER: writes a value to the kernel; an empty BEFORE means that it was not there yet.
put_value() {
  if ! is_due "$1"; then return 0; fi
  if [ ! -e ".$2" ]; then
    fail "$1" missing "$2 is not there"
    return 0
  fi
  if [ -z "$3" ]; then
    # A module that was loaded just now brought it: what it brought is what to put back.
    brought=$(cat ".$2" 2>/dev/null)
    case $brought in
    '' | *[!-A-Za-z0-9._\	\ ]*) ;;
    *)
      if ! add_to_journal "undo_value $1 '.$2' '$brought' '$4'"; then
        fail "$1" value "$why"
        return 0
      fi
      ;;
    esac
  fi
  begun="$begun $1"
  if { printf '%s\n' "$4" >".$2"; } 2>/dev/null || why=$(printf '%s\n' "$4" | dd of=".$2" 2>&1 >/dev/null); then
    done_with "$1"
  else
    fail "$1" value "$why"
  fi
}

# INDEX FILE: puts the staged text in place; the old file is kept beside it until all is done, and a link to the new
# one, by which it is known again.
commit_file() {
  if ! is_due "$1"; then return 0; fi
  temporary=.${2%/*}/.conntrackctl.$tag.$1
  if why=$(
    exec 2>&1
    if [ -f ".$2" ]; then ln ".$2" "$temporary.old" || cp -p ".$2" "$temporary.old" || exit; fi
    { ln "$temporary" "$temporary.new" || cp -p "$temporary" "$temporary.new"; } && mv -f "$temporary" ".$2"
  ); then
    done_with "$1"
  else
    fail "$1" file "$why"
  fi
}

# INDEX FILE: takes the file away; it is kept beside its place until all is done.
remove_file() {
  if ! is_due "$1"; then return 0; fi
  temporary=.${2%/*}/.conntrackctl.$tag.$1
  # For whoever wants it back.
  was=$(ls -ldn ".$2" 2>/dev/null)
  if why=$(mv -f ".$2" "$temporary.old" 2>&1); then
    say "was $1 ${was%%./*}"
    staged="$staged $temporary"
    done_with "$1"
  else
    fail "$1" file "$why"
  fi
}

# Ends the change: whole, or as it was; nothing of ours is left lying about, unless it waits to be confirmed.
conclude() {
  if [ -z "$locked" ]; then return 0; fi
  if [ -n "$armed" ] && [ ! -e "$journal" ]; then
    # Whoever puts back just now does all of it, and leaves the lock.
    is_due 0 || :
    return 0
  fi
  leftovers=
  parents=
  for temporary in $staged; do
    parents="$parents ${temporary%/*}"
    for file in "$temporary" "$temporary.old" "$temporary.new"; do
      if [ -e "$file" ]; then leftovers="$leftovers $file"; fi
    done
  done
  # From the moment it has this name all is done; a run that is killed now is cleared up after, not put back.
  if [ -z "$failed" ] && [ -z "$armed" ] && [ -n "$staged" ] && ! why=$(mv -f "$journal" "$journal.done" 2>&1); then
    fail 0 file "$why"
  fi
  # shellcheck disable=SC2086  # a list of paths without blanks
  if [ -n "$parents" ]; then sync $parents 2>/dev/null; fi
  if [ -n "$failed" ]; then
    way=back
    if [ -e "$journal" ]; then . "$journal" 2>/dev/null; fi
  elif [ -n "$armed" ]; then
    say armed
    return 0
  fi
  # shellcheck disable=SC2086  # a list of paths without blanks
  rm -f $leftovers "$journal" "$journal.done" "$lock"
}
