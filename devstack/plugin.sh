# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Puts blazar_spot into a devstack that has Blazar: accounts, database, engine and API, and the settings of Nova and
# Blazar that it needs. The plugin "blazar" must be enabled before this one, since what it writes is built on here.
# "unstack" and "clean" undo it. What can be set is in "settings", how to use it in README.rst.

_XTRACE_BLAZAR_SPOT=$(set +o | grep xtrace)
set +o xtrace

BLAZAR_SPOT_BIN_DIR=${BLAZAR_SPOT_BIN_DIR:-$(get_python_exec_prefix)}

# Which of Blazar's plugins is replaced by which of ours.
BLAZAR_SPOT_PLUGINS="physical.host.plugin=spot.host.plugin
    virtual.instance.plugin=spot.instance.plugin
    flavor.instance.plugin=spot.flavor.plugin"
BLAZAR_SPOT_FILTER=SpotGuaranteeFilter
# Reservations of parts of hosts are scheduled by aggregates.
BLAZAR_SPOT_NOVA_FILTERS="AggregateInstanceExtraSpecsFilter AggregateMultiTenancyIsolation"

# install_blazar_spot() - The source is where enable_plugin has put it
function install_blazar_spot {
    setup_develop "$BLAZAR_SPOT_DIR" mysql
}

# _blazar_spot_with() - A list of words with commas and one more word, unless it is there already
function _blazar_spot_with {
    local list=$1 word=$2
    if [[ ",$list," == *",$word,"* ]]; then
        echo "$list"
    else
        echo "${list:+$list,}$word"
    fi
}

# _blazar_spot_without() - A list of words with commas without this word
function _blazar_spot_without {
    local list=",$1," word=$2
    list=${list//,$word,/,}
    list=${list#,}
    echo "${list%,}"
}

# _blazar_spot_account() - keystoneauth's options for this user
function _blazar_spot_account {
    local conf=$1 section=$2 user=$3
    iniset "$conf" "$section" auth_type password
    iniset "$conf" "$section" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$conf" "$section" username "$user"
    iniset "$conf" "$section" password "$SERVICE_PASSWORD"
    iniset "$conf" "$section" user_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$conf" "$section" project_name "$SERVICE_PROJECT_NAME"
    iniset "$conf" "$section" project_domain_name "$SERVICE_DOMAIN_NAME"
}

# _blazar_spot_key() - What encrypts the secrets of webhooks: the one that is in use, or a new one
function _blazar_spot_key {
    local key=""
    if [[ -r $BLAZAR_SPOT_CONF ]]; then
        key=$(iniget "$BLAZAR_SPOT_CONF" webhooks encryption_keys)
    fi
    echo "${key:-$(openssl rand -base64 32 | tr '+/' '-_')}"
}

# configure_blazar_spot() - Our own file
function configure_blazar_spot {
    local key
    sudo install -d -o "$STACK_USER" "$BLAZAR_SPOT_CONF_DIR"
    key=$(_blazar_spot_key)
    rm -f "$BLAZAR_SPOT_CONF"
    # It has passwords in it.
    install -m 600 /dev/null "$BLAZAR_SPOT_CONF"

    iniset "$BLAZAR_SPOT_CONF" DEFAULT debug "$ENABLE_DEBUG_LOG_LEVEL"
    setup_logging "$BLAZAR_SPOT_CONF"
    iniset "$BLAZAR_SPOT_CONF" database connection "$(database_connection_url "$BLAZAR_SPOT_DATABASE")"
    iniset "$BLAZAR_SPOT_CONF" engine mode "$BLAZAR_SPOT_MODE"
    iniset "$BLAZAR_SPOT_CONF" nova freepool_name "$BLAZAR_FREEPOOL_NAME"
    iniset "$BLAZAR_SPOT_CONF" notifications transport_url "$(get_notification_url)"
    iniset "$BLAZAR_SPOT_CONF" channels enabled "$BLAZAR_SPOT_CHANNELS"
    iniset "$BLAZAR_SPOT_CONF" messaging transport_url "$(get_notification_url)"
    iniset "$BLAZAR_SPOT_CONF" webhooks encryption_keys "$key"
    iniset "$BLAZAR_SPOT_CONF" webhooks source "$BLAZAR_SPOT_URL"
    _blazar_spot_account "$BLAZAR_SPOT_CONF" service_auth "$BLAZAR_SPOT_USER"
    iniset "$BLAZAR_SPOT_CONF" service_auth region_name "$REGION_NAME"

    configure_keystone_authtoken_middleware "$BLAZAR_SPOT_CONF" "$BLAZAR_SPOT_USER"
    iniset "$BLAZAR_SPOT_CONF" keystone_authtoken service_token_roles service
    iniset "$BLAZAR_SPOT_CONF" keystone_authtoken service_token_roles_required True

    if is_service_enabled blazar-spot-api; then
        write_uwsgi_config "$BLAZAR_SPOT_UWSGI_CONF" "$BLAZAR_SPOT_UWSGI" "/spot" "" "blazar-spot-api"
        iniset "$BLAZAR_SPOT_UWSGI_CONF" uwsgi threads "$BLAZAR_SPOT_API_THREADS"
        iniset "$BLAZAR_SPOT_UWSGI_CONF" uwsgi env "OS_BLAZAR_SPOT_CONFIG_FILE=$BLAZAR_SPOT_CONF"
    fi
}

# configure_blazar_for_spot() - Our plugins in the place of Blazar's, and our filter beside whatever filters there are
function configure_blazar_for_spot {
    local plugins filters pair
    plugins=$(iniget "$BLAZAR_CONF_FILE" manager plugins)
    for pair in $BLAZAR_SPOT_PLUGINS; do
        plugins=${plugins//${pair%=*}/${pair#*=}}
    done
    iniset "$BLAZAR_CONF_FILE" manager plugins "$plugins"
    iniset "$BLAZAR_CONF_FILE" spot config_file "$BLAZAR_SPOT_CONF"
    filters=$(iniget "$BLAZAR_CONF_FILE" enforcement enabled_filters)
    iniset "$BLAZAR_CONF_FILE" enforcement enabled_filters "$(_blazar_spot_with "$filters" $BLAZAR_SPOT_FILTER)"
}

# unconfigure_blazar_for_spot() - Blazar as it was: nova.conf is written anew by the next stack.sh, blazar.conf is not
function unconfigure_blazar_for_spot {
    local plugins filters pair
    if [[ ! -w $BLAZAR_CONF_FILE ]]; then
        return 0
    fi
    plugins=$(iniget "$BLAZAR_CONF_FILE" manager plugins)
    for pair in $BLAZAR_SPOT_PLUGINS; do
        plugins=${plugins//${pair#*=}/${pair%=*}}
    done
    iniset "$BLAZAR_CONF_FILE" manager plugins "$plugins"
    inidelete "$BLAZAR_CONF_FILE" spot config_file
    filters=$(iniget "$BLAZAR_CONF_FILE" enforcement enabled_filters)
    filters=$(_blazar_spot_without "$filters" $BLAZAR_SPOT_FILTER)
    if [[ -n $filters ]]; then
        iniset "$BLAZAR_CONF_FILE" enforcement enabled_filters "$filters"
    else
        inidelete "$BLAZAR_CONF_FILE" enforcement enabled_filters
    fi
}

# configure_nova_for_spot() - Preemptible servers in the freepool, notifications that are heard, notices for guests
function configure_nova_for_spot {
    local filters filter
    iniset "$NOVA_CONF" blazar:physical:host allow_preemptibles True
    iniset "$NOVA_CONF" blazar:physical:host preemptible_aggregate "$BLAZAR_FREEPOOL_NAME"
    filters=$(iniget "$NOVA_CONF" filter_scheduler enabled_filters)
    for filter in $BLAZAR_SPOT_NOVA_FILTERS; do
        filters=$(_blazar_spot_with "$filters" "$filter")
    done
    iniset "$NOVA_CONF" filter_scheduler enabled_filters "$filters"

    # Somebody else may hear the others.
    if [[ $(iniget "$NOVA_CONF" notifications notification_format) != versioned ]]; then
        iniset "$NOVA_CONF" notifications notification_format both
    fi
    iniset "$NOVA_CONF" notifications notify_on_state_change vm_and_task_state
    iniset "$NOVA_CONF" oslo_messaging_notifications driver messagingv2

    if is_service_enabled blazar-spot-api; then
        configure_vendordata_for_spot
    fi
}

# configure_vendordata_for_spot() - Nova asks us for what guests read in vendor_data2.json, besides whom it asks already
function configure_vendordata_for_spot {
    local providers targets
    providers=$(iniget "$NOVA_CONF" api vendordata_providers)
    iniset "$NOVA_CONF" api vendordata_providers "$(_blazar_spot_with "${providers:-StaticJSON}" DynamicJSON)"
    targets=$(iniget "$NOVA_CONF" api vendordata_dynamic_targets)
    targets=$(_blazar_spot_with "$targets" "spot@$BLAZAR_SPOT_URL/v1/vendordata")
    iniset "$NOVA_CONF" api vendordata_dynamic_targets "$targets"
    _blazar_spot_account "$NOVA_CONF" vendordata_dynamic_auth nova
}

# create_blazar_spot_accounts() - The user, and the entry in the catalog if there is something to be found
function create_blazar_spot_accounts {
    create_service_user "$BLAZAR_SPOT_USER" admin
    if is_service_enabled blazar-spot-api; then
        get_or_create_service blazar-spot spot "Spot instances on reservable hosts"
        get_or_create_endpoint spot "$REGION_NAME" "$BLAZAR_SPOT_URL"
    fi
}

# configure_horizon_for_spot() - Our panels, and our part of those that Blazar's plugin has put there
function configure_horizon_for_spot {
    ln -fs "$BLAZAR_SPOT_DIR/blazar_spot/dashboard/enabled/"_9?_blazar_spot*.py "$BLAZAR_SPOT_PANELS_DIR/"
}

# init_blazar_spot() - A new database
function init_blazar_spot {
    recreate_database "$BLAZAR_SPOT_DATABASE"
    "$BLAZAR_SPOT_BIN_DIR/blazar-spot-manage" --config-file "$BLAZAR_SPOT_CONF" db sync
}

# start_blazar_spot() - The API first: guests may ask for what the engine has told
function start_blazar_spot {
    run_process blazar-spot-api "$(command -v uwsgi) --procname-prefix blazar-spot-api --ini $BLAZAR_SPOT_UWSGI_CONF"
    if is_service_enabled blazar-spot-api; then
        if ! wait_for_service "$SERVICE_TIMEOUT" "$BLAZAR_SPOT_URL/healthcheck"; then
            die $LINENO "blazar-spot-api did not start"
        fi
    fi
    run_process blazar-spot-engine "$BLAZAR_SPOT_BIN_DIR/blazar-spot-engine --config-file $BLAZAR_SPOT_CONF"
}

# stop_blazar_spot() - Everything that start_blazar_spot started
function stop_blazar_spot {
    stop_process blazar-spot-engine
    stop_process blazar-spot-api
}

# cleanup_blazar_spot() - Leave no file behind; devstack itself removes the databases
function cleanup_blazar_spot {
    remove_uwsgi_config "$BLAZAR_SPOT_UWSGI_CONF" blazar-spot-api
    rm -f "$BLAZAR_SPOT_PANELS_DIR"/_9?_blazar_spot*.py
    sudo rm -rf "$BLAZAR_SPOT_CONF_DIR"
}

if is_service_enabled blazar-spot-engine blazar-spot-api; then
    case "$1 $2" in
        "stack install")
            echo_summary "Installing blazar_spot"
            if ! is_service_enabled blazar-m; then
                die $LINENO "blazar_spot needs Blazar: enable the plugin blazar before blazar-spot"
            fi
            install_blazar_spot
            ;;
        "stack post-config")
            echo_summary "Configuring blazar_spot"
            configure_blazar_spot
            configure_blazar_for_spot
            configure_nova_for_spot
            if is_service_enabled horizon; then
                configure_horizon_for_spot
            fi
            create_blazar_spot_accounts
            init_blazar_spot
            ;;
        "stack extra")
            echo_summary "Starting blazar_spot"
            start_blazar_spot
            ;;
        "unstack "*)
            stop_blazar_spot
            unconfigure_blazar_for_spot
            ;;
        "clean "*)
            cleanup_blazar_spot
            ;;
    esac
fi

$_XTRACE_BLAZAR_SPOT
