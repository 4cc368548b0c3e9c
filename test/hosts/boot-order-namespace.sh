# Applies file sets by the machine's own systemd-sysctl, sysctl and busybox, in namespaces that `unshare` made:
# mounts and network are its own, and nothing it does is seen outside.
# SETS: a folder with one folder a set, laid out as the root of a file system.
# KEYS: one line a key: path below /proc/sys, value to begin with.
# Prints `NUMBER PROGRAM`, then one line a key: what the program left there.
set -eu
LC_ALL=C
export LC_ALL
sets=$1
keys=$2

mount --make-rprivate /
mount -t tmpfs none /run
for folder in /etc /usr/local/lib; do
  mkdir -p "/run/layers$folder/upper" "/run/layers$folder/work"
  mount -t overlay none -o "lowerdir=$folder,upperdir=/run/layers$folder/upper,workdir=/run/layers$folder/work" "$folder"
done
mount -t tmpfs none /usr/lib/sysctl.d

# max and buckets belong to the machine: files stand in for them, one for both names of max.
mkdir /run/real
mount --bind /proc/sys/net /run/real
mount -t tmpfs none /proc/sys/net
for part in netfilter ipv4 core; do
  mkdir "/proc/sys/net/$part"
  mount --bind "/run/real/$part" "/proc/sys/net/$part"
done
: >/run/max
: >/run/buckets
: >/proc/sys/net/nf_conntrack_max
mount --bind /run/max /proc/sys/net/nf_conntrack_max
mount --bind /run/max /proc/sys/net/netfilter/nf_conntrack_max
mount --bind /run/buckets /proc/sys/net/netfilter/nf_conntrack_buckets
# As in the real one, nothing can be created here.
mount -o remount,ro /proc/sys/net

paths=
while read -r path _; do paths="$paths /proc/sys/$path"; done <"$keys"

# PROGRAM...: from the same values each time. A file that stands in is not cut to length by a write.
apply() {
  : >/run/max
  : >/run/buckets
  while read -r path value; do echo "$value" >"/proc/sys/$path"; done <"$keys"
  "$@" >/dev/null 2>&1 </dev/null || :
  # shellcheck disable=SC2086  # a list of paths without blanks
  grep -ham1 '' $paths
}

# As OpenWrt's init.d/sysctl has it.
busybox_files() {
  for file in /etc/sysctl.d/*.conf /etc/sysctl.conf; do
    if [ -f "$file" ]; then busybox sysctl -e -p "$file" || :; fi
  done
}

for set in "$sets"/[0-9]*; do
  rm -rf /etc/sysctl.d /etc/sysctl.conf /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d/* /usr/lib/sysctl.d/.[!.]*
  cp -a "$set/." /
  echo "${set##*/} systemd"
  apply /lib/systemd/systemd-sysctl
  echo "${set##*/} procps"
  apply sysctl --system
  echo "${set##*/} busybox"
  apply busybox_files
done
