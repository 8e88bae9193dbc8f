#!/usr/bin/env bash
# Runs a program of an image that `buildah mount` shows at ROOT, where there is no container engine: without root's
# rights, on a root file system that can't be written, with the caller's environment and network. The process is this
# one, so that its signals and its exit code are those of the program: run.sh ROOT USER:GROUP FOLDER PROGRAM [ARGUMENT ...]
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
# In a mount namespace of its own: what is mounted here nobody else sees, and it goes with the process.
[ -n "${IN_MOUNT_NAMESPACE:-}" ] || IN_MOUNT_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
unset IN_MOUNT_NAMESPACE
root="$1" user="$2" folder="$3"
shift 3
mkdir -p "$root/proc" "$root/dev"
touch "$root/dev/null" "$root/dev/urandom"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for device in null urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs unshare --root="$root" --wd="$folder" --setuid "${user%:*}" --setgid "${user#*:}" "$@"
