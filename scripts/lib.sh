# Shared by the scripts; sourced.

# need COMMAND PACKAGE ...: installs the Debian package of every command that is missing, or says how to.
need() {
  local missing=()
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing here: ${missing[*]}. Install them first, on Debian: apt-get install ${missing[*]}" >&2
    return 1
  fi
  # A package must not leave a service running: Debian asks this file before it starts one.
  local policy=/usr/sbin/policy-rc.d made=""
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made=1
  fi
  local outcome=0
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
    "${missing[@]}"; } >/dev/null || outcome=$?
  [ -z "$made" ] || rm -f "$policy"
  return "$outcome"
}

# node_modules FOLDER ...: installs what the lock file of each folder says, unless it is there already.
node_modules() {
  need node nodejs npm npm || return
  local folder
  for folder in "$@"; do
    (
      cd "$folder"
      cmp -s package-lock.json node_modules/installed && exit
      npm ci --ignore-scripts --no-audit --no-fund --loglevel error && cp package-lock.json node_modules/installed
    ) || return
  done
}
