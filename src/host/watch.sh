# shellcheck shell=sh
# Reads the numbers of the table again and again, in a shell that stays. Sent once; then each tick is a call of `tick`.
# One process a tick; honours CONNTRACKCTL_ROOT. The counters of a shell with 32-bit numbers may wrap around.
R=${CONNTRACKCTL_ROOT-}

# tick BEGIN END: prints `count max drop early_drop insert_failed chainlength` between the two marks, `-` for a column
# that this kernel does not have, or `none` where there is no table.
tick() {
  begin=$1
  end=$2
  sys=$R/proc/sys/net/netfilter/nf_conntrack
  [ -e "${sys}_count" ] || sys=$R/proc/sys/net/ipv4/netfilter/ip_conntrack
  if [ ! -e "${sys}_count" ]; then
    printf '%s\nnone\n%s 0\n' "$begin" "$end"
    return
  fi
  # Split into words on purpose: /proc/sys gives a number away in one read only, which cat does and `read` may not.
  # shellcheck disable=SC2046
  set -- $(cat "${sys}_count" "${sys}_max" "$R/proc/net/stat/${sys##*/}" 2>/dev/null)
  count=${1:--} max=${2:--} drop=- early=- failed=- chain=- width=0 at=0
  at_drop=0 at_early=0 at_failed=0 at_chain=0
  [ $# -lt 2 ] || shift 2
  for word; do
    case $word in
      *[!0-9a-f]*)
        width=$((width + 1))
        case $word in
          drop) at_drop=$width drop=0 ;;
          early_drop) at_early=$width early=0 ;;
          insert_failed) at_failed=$width failed=0 ;;
          chainlength) at_chain=$width chain=0 ;;
        esac
        ;;
      *)
        [ "$width" -gt 0 ] || break
        at=$((at % width + 1))
        case $at in
          "$at_drop") drop=$((drop + 0x$word)) ;;
          "$at_early") early=$((early + 0x$word)) ;;
          "$at_failed") failed=$((failed + 0x$word)) ;;
          "$at_chain") chain=$((chain + 0x$word)) ;;
        esac
        ;;
    esac
  done
  printf '%s\n%s %s %s %s %s %s\n%s 0\n' "$begin" "$count" "$max" "$drop" "$early" "$failed" "$chain" "$end"
}
