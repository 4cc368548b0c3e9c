# shellcheck disable=SC2154  # value, text, out and nl are set by probe.sh
# Changes a host; stands behind probe.sh, whose functions it uses. Once started it goes on to its end,
# whatever becomes of the connection: all is done, or all is put back. Temporary files are written
# first, since that is where a full disk shows; then the kernel's values; then the files are renamed.

trap '' HUP INT PIPE TERM
failed=
finished=
staged=
like=
folders=
kind=
name=

# INDEX KIND TEXT: notes the first failure; every later step is left out.
fail() {
  failed=$1
  say "step $1 failed $2 $(printf '%s' "$3" | tr '\n' ' ')"
}

# EXPECTED FILE...: do the kernel's values stand as the plan saw them? One process reads them all.
values_are_as_planned() {
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

# INDEX FILE BEFORE_STATE BEFORE_TEXT AFTER_TEXT LIKE: writes the new text beside the file. Owner and mode
# are those of the file it replaces, or of the file LIKE.
stage_file() {
  if [ -n "$failed" ]; then return 0; fi
  folder=.${2%/*}
  temporary=$folder/.conntrackctl.$$.$1
  if ! file_is_as_planned ".$2" "$3" "$4"; then
    fail "$1" moved "$2 has changed since it was read"
    return 0
  fi
  if [ ! -d "$folder" ]; then
    if ! why=$(mkdir -p "$folder" 2>&1); then
      fail "$1" file "$why"
      return 0
    fi
    folders="$folder $folders"
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
  # Such a script is run only when it may be executed.
  case $2 in *.modules) chmod 755 "$temporary" 2>/dev/null ;; esac
}

# INDEX FILE BEFORE_STATE BEFORE_TEXT: a file that is to be removed, does it stand as the plan saw it?
check_file() {
  if [ -n "$failed" ]; then return 0; fi
  if ! file_is_as_planned ".$2" "$3" "$4"; then fail "$1" moved "$2 has changed since it was read"; fi
}

# INDEX: puts the staged files on the disk before anything is changed; an old sync takes no names and syncs all.
flush_staged() {
  if [ -n "$failed" ] || [ -z "$staged" ]; then return 0; fi
  # shellcheck disable=SC2086  # a list of paths without blanks
  if ! why=$(sync $staged 2>&1); then fail "$1" file "$why"; fi
}

# INDEX MODULE
load_module() {
  if [ -n "$failed" ]; then return 0; fi
  if why=$(modprobe "$2" 2>&1); then
    finished="$1 $finished"
    eval "kind_$1=module name_$1=\$2"
    say "step $1 done"
  else
    fail "$1" module "$why"
  fi
}

# INDEX FILE BEFORE AFTER: writes a value to the kernel; an empty BEFORE means that it was not there yet.
put_value() {
  if [ -n "$failed" ]; then return 0; fi
  if [ ! -e ".$2" ]; then
    fail "$1" missing "$2 is not there"
    return 0
  fi
  old=$3
  # A module that was loaded just now brought it: what it brought is what to put back.
  if [ -z "$old" ]; then old=$(cat ".$2" 2>/dev/null); fi
  if { printf '%s\n' "$4" >".$2"; } 2>/dev/null || why=$(printf '%s\n' "$4" | dd of=".$2" 2>&1 >/dev/null); then
    finished="$1 $finished"
    eval "kind_$1=value name_$1=.\$2 old_$1=\$old"
    say "step $1 done"
  else
    fail "$1" value "$why"
  fi
}

# INDEX FILE: puts the staged text in place; the old file is kept beside it until all is done.
commit_file() {
  if [ -n "$failed" ]; then return 0; fi
  temporary=.${2%/*}/.conntrackctl.$$.$1
  old=
  if [ -f ".$2" ]; then
    old=$temporary.old
    if ! why=$({ ln ".$2" "$old" || cp -p ".$2" "$old"; } 2>&1); then
      fail "$1" file "$why"
      return 0
    fi
  fi
  if why=$(mv -f "$temporary" ".$2" 2>&1); then
    finished="$1 $finished"
    eval "kind_$1=file name_$1=.\$2 old_$1=\$old"
    say "step $1 done"
  else
    fail "$1" file "$why"
  fi
}

# INDEX FILE: takes the file away; it is kept beside its place until all is done.
remove_file() {
  if [ -n "$failed" ]; then return 0; fi
  temporary=.${2%/*}/.conntrackctl.$$.$1
  if why=$(mv -f ".$2" "$temporary.old" 2>&1); then
    staged="$staged $temporary"
    finished="$1 $finished"
    eval "kind_$1=file name_$1=.\$2 old_$1=\$temporary.old"
    say "step $1 done"
  else
    fail "$1" file "$why"
  fi
}

# Puts back what was done, last step first. A module that was loaded stays, and that is said: unloading it would
# cut the connections of others.
put_back() {
  for index in $finished; do
    eval "kind=\$kind_$index name=\$name_$index old=\${old_$index-}"
    case $kind in
    value) { [ -n "$old" ] && printf '%s\n' "$old" >"$name"; } 2>/dev/null ;;
    file) if [ -n "$old" ]; then mv -f "$old" "$name"; else rm -f "$name"; fi ;;
    module) false ;;
    esac
    say "back $index $?"
  done
}

# Ends the change: whole, or as it was; nothing of ours is left lying about.
conclude() {
  if [ -n "$failed" ]; then put_back; fi
  leftovers=
  parents=
  for temporary in $staged; do
    parents="$parents ${temporary%/*}"
    for file in "$temporary" "$temporary.old"; do
      if [ -e "$file" ]; then leftovers="$leftovers $file"; fi
    done
  done
  # shellcheck disable=SC2086  # lists of paths without blanks
  {
    if [ -n "$leftovers" ]; then rm -f $leftovers; fi
    if [ -n "$failed" ] && [ -n "$folders" ]; then
      rmdir $folders
    elif [ -n "$parents" ]; then
      sync $parents
    fi
  } 2>/dev/null
}
