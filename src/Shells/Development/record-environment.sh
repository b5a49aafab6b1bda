# Stands in for the builder of a derivation: sets its environment up and writes down what bash has then, as JSON.

if [[ -e ${NIX_ATTRS_SH_FILE-} ]]; then
    . "$NIX_ATTRS_SH_FILE"
fi

export IN_NIX_SHELL=impure dontAddDisableDepTrack=1
# Says that the builder has a root directory of its own, in which the shell will not be.
unset NIX_SEED_VIEW
set -e
if [[ -n ${stdenv-} ]]; then
    . "$stdenv/setup"
fi

# Names of this script begin with _record, so that they hide no variable of the environment. The lists come before anything of this script can get into them. The bash of a stdenv may lack compgen.
_recordedVariables=$(declare -p)
_recordedFunctions=$(declare -F)
set +u

# Sets _recordReply to a JSON string.
_recordString() {
    local text=$1 code escape
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//$'\n'/\\n}
    text=${text//$'\r'/\\r}
    text=${text//$'\t'/\\t}
    if [[ $text == *[$'\x01'-$'\x1f']* ]]; then
        for ((code = 1; code < 32; code++)); do
            printf -v escape '\\x%02x' "$code"
            printf -v escape "$escape"
            text=${text//"$escape"/\\u00$(printf %02x "$code")}
        done
    fi
    _recordReply="\"$text\""
}

_recordFunctions() {
    local _recordSeparator= _recordLine _recordName _recordText
    while read -r _recordLine; do
        _recordName=${_recordLine#declare -f }
        if [[ $_recordName == "$_recordLine" ]]; then
            continue
        fi
        _recordText=$(declare -f "$_recordName")
        if [[ $_recordText != *\{*\}* ]]; then
            echo "cannot tell the body of function '$_recordName'" >&2
            return 1
        fi
        # The body begins after the first brace and ends before the last.
        _recordText=${_recordText#*\{}
        _recordText=${_recordText%\}*}
        _recordString "$_recordName"
        printf '%s%s:' "$_recordSeparator" "$_recordReply"
        _recordString "$_recordText"
        printf '%s' "$_recordReply"
        _recordSeparator=$',\n'
    done <<<"$_recordedFunctions"
}

_recordArray() {
    local -n _recordedItems=$1
    local _recordSeparator= _recordItem
    printf '['
    for _recordItem in "${_recordedItems[@]}"; do
        _recordString "$_recordItem"
        printf '%s%s' "$_recordSeparator" "$_recordReply"
        _recordSeparator=,
    done
    printf ']'
}

_recordTable() {
    local -n _recordedItems=$1
    local _recordSeparator= _recordKey
    printf '{'
    for _recordKey in "${!_recordedItems[@]}"; do
        _recordString "$_recordKey"
        printf '%s%s:' "$_recordSeparator" "$_recordReply"
        _recordString "${_recordedItems[$_recordKey]}"
        printf '%s' "$_recordReply"
        _recordSeparator=,
    done
    printf '}'
}

_recordVariables() {
    local _recordSeparator= _recordLine _recordKind _recordName
    while read -r _recordLine; do
        # Other kinds, such as what cannot be assigned to, are nothing for another shell.
        if ! [[ $_recordLine =~ ^declare\ -([-xaA])\ ([A-Za-z_][A-Za-z0-9_]*)(=|$) ]]; then
            continue
        fi
        _recordKind=${BASH_REMATCH[1]} _recordName=${BASH_REMATCH[2]}
        case $_recordName in
            # These tell of the process, not of the environment.
            BASH_* | COMP_* | DIRSTACK | EPOCHREALTIME | EPOCHSECONDS | EUID | FUNCNAME | GROUPS | HISTCMD | HOSTNAME | \
                PIPESTATUS | PWD | RANDOM | SECONDS | SHLVL | _)
                continue
                ;;
        esac
        _recordString "$_recordName"
        printf '%s%s:{"type":' "$_recordSeparator" "$_recordReply"
        _recordSeparator=$',\n'
        case $_recordKind in
            x | -)
                _recordString "${!_recordName}"
                if [[ $_recordKind == x ]]; then
                    printf '"exported","value":%s}' "$_recordReply"
                else
                    printf '"var","value":%s}' "$_recordReply"
                fi
                ;;
            a)
                printf '"array","value":'
                _recordArray "$_recordName"
                printf '}'
                ;;
            A)
                printf '"associative","value":'
                _recordTable "$_recordName"
                printf '}'
                ;;
        esac
    done <<<"$_recordedVariables"
}

_record() {
    printf '{"bashFunctions":{'
    _recordFunctions
    printf '},\n"variables":{'
    _recordVariables
    printf '}'
    if [[ -e ${NIX_ATTRS_SH_FILE-} ]]; then
        _recordString "$(<"$NIX_ATTRS_SH_FILE")"
        printf ',\n"structuredAttrs":{".attrs.sh":%s,' "$_recordReply"
        _recordString "$(<"$NIX_ATTRS_JSON_FILE")"
        printf '".attrs.json":%s}' "$_recordReply"
    fi
    printf '}\n'
}

# All outputs have to be there; the first holds the record.
_recordTo() {
    _record >"$1"
    shift
    local _recordOutput
    for _recordOutput; do
        : >"$_recordOutput"
    done
}

_recordOutputs=()
if [[ -e ${NIX_ATTRS_SH_FILE-} ]]; then
    _recordOutputs=("${outputs[@]}")
else
    for _recordOutput in ${outputs:-out}; do
        _recordOutputs+=("${!_recordOutput}")
    done
fi
_recordTo "${_recordOutputs[@]}"
