/**
 * The `modprobe` of an embedded host, first in its PATH. A module that is not loaded stands as a folder of files
 * below /lib/modules: loading it puts them in place, with the hashsize that /etc/modprobe.d gives it, rounded and
 * with a max of eight times that, as the kernel does (nf_conntrack_core.c, max_factor).
 */
export const modprobe = `#!/bin/sh
cd "\${CONNTRACKCTL_ROOT:?}" || exit 1
module=
for word in "$@"; do
  case $word in
  -*) ;;
  *) module=$word; break ;;
  esac
done
read -r kernel <proc/sys/kernel/osrelease
if [ -d "sys/module/$module" ]; then exit 0; fi
stored=lib/modules/$kernel/$module
if [ -z "$module" ] || [ ! -d "$stored" ]; then
  echo "modprobe: FATAL: Module $module not found in directory /lib/modules/$kernel" >&2
  exit 1
fi
cp -RP "$stored/." . || exit 1
buckets=$(cat etc/modprobe.d/*.conf 2>/dev/null | sed -n "s/^ *options  *$module .*hashsize=\\([0-9]*\\).*/\\1/p" | tail -n 1)
if [ -n "$buckets" ]; then
  buckets=$(((buckets + 511) / 512 * 512))
  echo "$buckets" >"sys/module/$module/parameters/hashsize"
  echo "$((buckets * 8))" >proc/sys/net/netfilter/nf_conntrack_max
fi
`
