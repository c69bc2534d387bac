# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Stand-ins for the functions of devstack that our plugin calls. Each one writes its name and arguments, one call a
# line, into $CALLS; those that write configuration files do it too, by means of ini.awk. What the plugin calls that is
# not here fails, as an unknown command does. Next: stack.py, which runs this.

set -o errexit

# called() - Put a call on record, with words that nobody has to quote
function called {
    local IFS=$'\t'
    echo "$*" >>"$CALLS"
}

# ini() - Set, get or delete an option of a file
function ini {
    local verb=$1 file=$2 changed=""
    if [[ ! -e $file ]]; then touch "$file"; fi
    changed=$(VERB=$verb SECTION=$3 OPTION=$4 VALUE=$5 awk -f "$STAND_INS/ini.awk" "$file")
    if [[ $verb == get ]]; then echo "$changed"; else echo "$changed" >"$file"; fi
}

function define_plugin { :; }
function plugin_requires { :; }
function echo_summary { :; }
function get_python_exec_prefix { echo "$BIN"; }
function get_notification_url { echo "$TRANSPORT_URL"; }
function database_connection_url { echo "${DATABASE_URL//NAME/$1}"; }

function is_service_enabled {
    local service
    for service in "$@"; do
        if [[ ,$ENABLED_SERVICES, == *,$service,* ]]; then return 0; fi
    done
    return 1
}

function enable_service {
    if [[ ,$DISABLED_SERVICES, != *,$1,* ]]; then ENABLED_SERVICES+=,$1; fi
}

function iniset { ini set "$@"; }
function iniget { ini get "$@"; }
function inidelete { ini delete "$@"; }

function setup_develop { called "${FUNCNAME[0]}" "$@"; }
function setup_logging { called "${FUNCNAME[0]}" "$@"; }
function recreate_database { called "${FUNCNAME[0]}" "$@"; }
function create_service_user { called "${FUNCNAME[0]}" "$@"; }
function get_or_create_service { called "${FUNCNAME[0]}" "$@"; }
function get_or_create_endpoint { called "${FUNCNAME[0]}" "$@"; }
function wait_for_service { called "${FUNCNAME[0]}" "$@"; }

# As devstack does, nothing is started or stopped that is not enabled.
function run_process {
    if is_service_enabled "$1"; then called "${FUNCNAME[0]}" "$@"; fi
}
function stop_process {
    if is_service_enabled "$1"; then called "${FUNCNAME[0]}" "$@"; fi
}

function write_uwsgi_config {
    called "${FUNCNAME[0]}" "$@"
    rm -f "$1"
    ini set "$1" uwsgi module "$2"
}

function remove_uwsgi_config {
    called "${FUNCNAME[0]}" "$@"
    rm -f "$1"
}

function configure_keystone_authtoken_middleware {
    local section=${3:-keystone_authtoken}
    called "${FUNCNAME[0]}" "$@"
    ini set "$1" "$section" auth_type password
    ini set "$1" "$section" auth_url "$KEYSTONE_SERVICE_URI"
    ini set "$1" "$section" www_authenticate_uri "$KEYSTONE_SERVICE_URI"
    ini set "$1" "$section" username "$2"
    ini set "$1" "$section" password "$SERVICE_PASSWORD"
    ini set "$1" "$section" user_domain_name "$SERVICE_DOMAIN_NAME"
    ini set "$1" "$section" project_name "$SERVICE_PROJECT_NAME"
    ini set "$1" "$section" project_domain_name "$SERVICE_DOMAIN_NAME"
}

function die {
    echo "${*:2}" >&2
    exit 1
}

# What follows is no function of devstack: programs that would need root, or that are not here.
function sudo { "$@"; }
function uwsgi { :; }

# shellcheck source=devstack/settings
source "$PLUGIN/settings"
# shellcheck source=devstack/plugin.sh
source "$PLUGIN/plugin.sh" "$@"
