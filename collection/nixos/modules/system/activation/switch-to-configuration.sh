#! @bash@/bin/bash
# switch-to-configuration ACTION: makes the running machine be this system.
#
#   switch        make it the one to boot, and go over to it now
#   boot          only make it the one to boot
#   test          only go over to it now
#   dry-activate  show what would be done
#   check         only run the checks that come before a switch
#
# Units are compared as files: the ones that run, with what the running system says of them and what this one
# says. Nothing but bash runs in the comparison itself, since a process for each of some hundred units would
# take longer than the switch.
#
# Exit status: 0; 1 wrong use, not root, or the boot loader failed; 2 activation failed; 3 the service manager
# could not be reached; 4 units failed; 100 the running init is not one that can be switched to this system.

shopt -s nullglob extglob
export LC_ALL=C PATH="@coreutils@/bin:@systemd@/bin"

out=@toplevel@
systemctl="@systemctl@"
tmpfiles="@tmpfiles@"
loginctl="@loginctl@"
runDir="@runDir@"
etcDir="@etcDir@"
installBootLoader="@installBootLoader@"
preSwitchCheck="@preSwitchCheck@"
distroId="@distroId@"

currentSystem=$runDir/current-system
stateDir=$runDir/nixos
newUnits=$out/etc/systemd/system
action=${1-}

case $action in
  switch | boot | test | dry-activate | check) ;;
  *)
    echo "Usage: $0 [check|switch|boot|test|dry-activate]

check:        run pre-switch checks and exit
switch:       make the configuration the boot default and activate now
boot:         make the configuration the boot default
test:         activate the configuration, but don't make it the boot default
dry-activate: show what would be done if this configuration were activated" >&2
    exit 1
    ;;
esac

# A service manager that runs in a container, or none at all, is not this system's to switch.
if [ ! -f "$etcDir/NIXOS" ] && ! { [ -f "$etcDir/os-release" ] && [[ $'\n'$(< "$etcDir/os-release") =~ $'\n'ID=\"?"$distroId"\"?($'\n'|$) ]]; }; then
  echo "This is not a NixOS installation!" >&2
  exit 1
fi

mkdir -p -m 0755 "$stateDir" || exit 1

# One switch at a time: the second waits for nothing and says so.
exec 9> "$stateDir/switch-to-configuration.lock" || exit 1
if ! "@flock@" -n 9; then
  echo "Could not acquire lock" >&2
  exit 1
fi

if [ -n "$preSwitchCheck" ] && [ "${NIXOS_NO_CHECK-}" != 1 ]; then
  if ! "$preSwitchCheck" "$currentSystem" "$out" "$action" 9>&-; then
    echo "Pre-switch checks failed" >&2
    exit 1
  fi
fi
[ "$action" != check ] || exit 0

if [ "$action" = switch ] || [ "$action" = boot ]; then
  if [ -n "$installBootLoader" ]; then
    # It may be a command with arguments, as the option allows.
    if ! $installBootLoader "$out" 9>&-; then
      echo "Failed to install bootloader" >&2
      exit 1
    fi
  fi
fi

# What was written must be there after a power cut right after this.
if [ "${NIXOS_NO_SYNC-}" != 1 ] && [ "$action" != dry-activate ]; then sync -f /nix/store 2>/dev/null; fi

[ "$action" != boot ] || exit 0

# Another kind of init, or another way to talk to it, cannot be switched to in a running system.
currentInterface=
if [ -f "$currentSystem/init-interface-version" ]; then currentInterface=$(< "$currentSystem/init-interface-version"); fi
if [ "$currentInterface" != "$(< "$out/init-interface-version")" ]; then
  echo "Warning: the new NixOS configuration has an 'init' that is
incompatible with the current configuration.  The new configuration
won't take effect until you reboot the system." >&2
  exit 100
fi

# A hangup of the terminal (or of the ssh connection that this switch restarts) must not leave half a switch.
trap "" HUP PIPE

status=0
dry=
[ "$action" != dry-activate ] || dry=1

# ---------------------------------------------------------------- unit files

# The unit files of the running system. The link is followed now: activation replaces it.
oldUnits=$(readlink -f "$etcDir/systemd/system")

# The file for a unit of the given tree, where an instance (name@x.service) may come from its template.
unitFile() { # TREE UNIT -> found
  found=$1/$2
  [ ! -e "$found" ] || return 0
  if [[ $2 == *@*.* ]]; then
    found=$1/${2%%@*}@.${2##*.}
    [ ! -e "$found" ] || return 0
  fi
  found=
  return 1
}

# The files that make up a unit, in the order in which they are read.
unitFiles() { # TREE UNIT -> files
  files=()
  if unitFile "$1" "$2"; then files=("$found"); fi
  if [[ $2 == *@*.* ]]; then files+=("$1/${2%%@*}@.${2##*.}.d/"*.conf); fi
  files+=("$1/$2.d/"*.conf)
}

# Reads a unit into an array of "Section.Key" -> values, one a line. An empty value starts the list anew, as for
# the service manager.
parseUnit() { # TREE UNIT MAP
  declare -n into=$3
  local file line section= key value
  unitFiles "$1" "$2"
  for file in "${files[@]}"; do
    section=
    while IFS= read -r line || [ -n "$line" ]; do
      while [[ $line == *\\ ]]; do
        IFS= read -r value || break
        line=${line%\\}" "$value
      done
      line=${line##+([[:space:]])}
      case $line in
        '' | '#'* | ';'*) ;;
        '['*']'*)
          section=${line#\[}
          section=${section%%\]*}
          ;;
        *=*)
          key=${line%%=*}
          key=${key%%+([[:space:]])}
          value=${line#*=}
          value=${value##+([[:space:]])}
          value=${value%%+([[:space:]])}
          if [ -z "$value" ]; then
            into[$section.$key]=
          else
            into[$section.$key]+=$value$'\n'
          fi
          ;;
      esac
    done < "$file"
  done
}

# Last value of a boolean key.
unitBool() { # MAP KEY DEFAULT
  declare -n of=$1
  local value=${of[$2]-}
  value=${value%$'\n'}
  value=${value##*$'\n'}
  case $value in
    '') [ "$3" = 1 ] ;;
    1 | yes | true | on | Yes | True | On | YES | TRUE | ON) return 0 ;;
    *) return 1 ;;
  esac
}

# Whether both systems say the same of a unit without looking into it: links to one file are the same file.
sameFiles() { # UNIT
  local -a old
  unitFiles "$oldUnits" "$1"
  old=("${files[@]}")
  unitFiles "$newUnits" "$1"
  [ ${#old[@]} -eq ${#files[@]} ] || return 1
  local index
  for index in "${!old[@]}"; do
    [ "${old[index]}" -ef "${files[index]}" ] || [ "$(< "${old[index]}")" = "$(< "${files[index]}")" ] || return 1
  done
}

# Keys that may change without the unit having to be started anew: they speak of how it is shown, or of what the
# service manager does later, which it knows after a reload of its own.
ignoredKey() { # SECTION.KEY
  case $1 in
    Install.*) return 0 ;;
    Unit.X-Reload-Triggers | Unit.Description | Unit.Documentation | Unit.OnFailure | Unit.OnSuccess) return 0 ;;
    Unit.OnFailureJobMode | Unit.IgnoreOnIsolate | Unit.StopWhenUnneeded | Unit.RefuseManualStart) return 0 ;;
    Unit.RefuseManualStop | Unit.AllowIsolate | Unit.CollectMode | Unit.SourcePath) return 0 ;;
  esac
  return 1
}

# Compares the two parsed units `oldUnit` and `newUnit`: result is same, reload or restart.
compareUnits() {
  comparison=same
  local key
  for key in "${!oldUnit[@]}" "${!newUnit[@]}"; do
    [ "${oldUnit[$key]-}" != "${newUnit[$key]-}" ] || continue
    if [ "$key" = Unit.X-Reload-Triggers ]; then
      comparison=reload
    elif ignoredKey "$key"; then
      :
    elif [ "$key" = Mount.Options ]; then
      # A mount takes new options without being unmounted.
      comparison=reload
    else
      comparison=restart
      return
    fi
  done
}

# ---------------------------------------------------------------- the plan

declare -A toStop=() toSkip=() toStart=() toRestart=() toReload=() unfiltered=()

# A switch that was interrupted left its plan behind.
readList() { # FILE MAP
  declare -n list=$2
  local unit
  [ -f "$1" ] || return 0
  while IFS= read -r unit; do [ -z "$unit" ] || list[$unit]=1; done < "$1"
}
# Remembers units across an interruption: appended before anything is stopped.
record() { # FILE UNIT
  [ -n "$dry" ] || echo "$2" >> "$1"
}
startList=$stateDir/start-list
restartList=$stateDir/restart-list
reloadList=$stateDir/reload-list
readList "$startList" toStart
readList "$restartList" toRestart
readList "$reloadList" toReload

declare -A activeState=() subState=()
readActive() {
  activeState=() subState=()
  local unit load active sub rest
  while read -r unit load active sub rest; do
    case $unit in
      # A mark of failed units, shown even in plain form by some versions.
      ● | '*') unit=$load active=$sub sub=${rest%% *} ;;
    esac
    [ -n "$unit" ] || continue
    activeState[$unit]=$active subState[$unit]=$sub
  done < <("$systemctl" list-units --all --full --plain --no-legend --no-pager 9>&-)
}
readActive
if [ ${#activeState[@]} -eq 0 ]; then
  echo "Failed to list the units of the service manager" >&2
  exit 3
fi
declare -A oldState=()
for unit in "${!activeState[@]}"; do oldState[$unit]=${activeState[$unit]}; done

# What to do with a unit that runs and whose description is another now. Needs oldUnit and newUnit.
handleModified() { # UNIT COMPARISON
  local unit=$1 socket socketActivated
  case $unit in
    # These carry the boot itself and cannot be restarted.
    sysinit.target | basic.target | multi-user.target | graphical.target) ;;
    # Limits and watches take effect with the reload of the service manager.
    *.slice | *.path) ;;
    *.socket) ;;
    -.mount | nix.mount | nix-store.mount)
      # Whatever changed, these stay mounted.
      toReload[$unit]=1
      record "$reloadList" "$unit"
      ;;
    *.mount)
      if [ "$2" = reload ]; then
        toReload[$unit]=1
        record "$reloadList" "$unit"
      else
        toRestart[$unit]=1
        record "$restartList" "$unit"
      fi
      ;;
    *)
      if unitBool newUnit Service.X-ReloadIfChanged 0 && [ -z "${toRestart[$unit]-}" ] \
        && ! { unitBool newUnit Unit.RefuseManualStop 0 || unitBool newUnit Unit.X-OnlyManualStart 0; }; then
        toReload[$unit]=1
        record "$reloadList" "$unit"
      elif ! unitBool newUnit Service.X-RestartIfChanged 1 \
        || unitBool newUnit Unit.RefuseManualStop 0 || unitBool newUnit Unit.X-OnlyManualStart 0; then
        toSkip[$unit]=1
      elif ! unitBool newUnit Service.X-StopIfChanged 1 || [[ $unit != *.service ]]; then
        # Restarted after the activation, with the old program running until then.
        toRestart[$unit]=1
        record "$restartList" "$unit"
        unset "toReload[$unit]"
      else
        # Stopped with its old description, started with its new one. A service behind sockets is started by
        # them, and they must not hand a connection to the old one meanwhile.
        socketActivated=
        if [[ $unit == *.service ]]; then
          local sockets=${newUnit[Service.Sockets]-}
          [ -n "${sockets//[[:space:]]/}" ] || sockets=${unit%.service}.socket
          for socket in $sockets; do
            case ${activeState[$socket]-} in
              active | activating) ;;
              *) continue ;;
            esac
            toStop[$socket]=1
            # Only if the new system still has it.
            if unitFile "$newUnits" "$socket"; then
              toStart[$socket]=1
              # Stopped and started as one step for the reader.
              unfiltered[$socket]=1
              record "$startList" "$socket"
              socketActivated=1
            fi
          done
        fi
        if [ -z "$socketActivated" ]; then
          toStart[$unit]=1
          unfiltered[$unit]=1
          record "$startList" "$unit"
        fi
        toStop[$unit]=1
        unset "toReload[$unit]" "toRestart[$unit]"
      fi
      ;;
  esac
}

isMasked() { [ "$(readlink -f "$1")" = /dev/null ]; }

for unit in "${!activeState[@]}"; do
  case ${activeState[$unit]} in
    active | activating) ;;
    *) continue ;;
  esac
  # Units of the manager itself, of devices and of what it generates are not in the tree.
  unitFiles "$oldUnits" "$unit"
  oldFiles=("${files[@]}")
  [ ${#oldFiles[@]} -gt 0 ] || continue
  unitFile "$oldUnits" "$unit"
  oldBase=$found
  [ -n "$oldBase" ] || continue
  unitFile "$newUnits" "$unit"
  newBase=$found

  if [ -z "$newBase" ] || { [ ! -f "$newBase" ] && isMasked "$newBase"; }; then
    [ -f "$oldBase" ] || continue
    declare -A oldUnit=() newUnit=()
    parseUnit "$oldUnits" "$unit" oldUnit
    if unitBool oldUnit Unit.X-StopOnRemoval 1; then toStop[$unit]=1; fi
  elif [[ $unit == *.target ]]; then
    declare -A newUnit=()
    parseUnit "$newUnits" "$unit" newUnit
    # Sleep targets come and go by themselves; starting them would put the machine to sleep.
    case $unit in
      suspend.target | hibernate.target | hybrid-sleep.target | suspend-then-hibernate.target) ;;
      *)
        # A target is started again so that what it newly wants is started.
        if ! unitBool newUnit Unit.RefuseManualStart 0 && ! unitBool newUnit Unit.X-OnlyManualStart 0; then
          toStart[$unit]=1
          record "$startList" "$unit"
          if unitBool newUnit Unit.X-NotQuiet 0; then unfiltered[$unit]=1; fi
        fi
        ;;
    esac
    if unitBool newUnit Unit.X-StopOnReconfiguration 0; then toStop[$unit]=1; fi
  elif ! sameFiles "$unit"; then
    declare -A oldUnit=() newUnit=()
    parseUnit "$oldUnits" "$unit" oldUnit
    parseUnit "$newUnits" "$unit" newUnit
    compareUnits
    case $comparison in
      restart) handleModified "$unit" restart ;;
      reload)
        if [[ $unit == *.mount ]] || [ -n "${newUnit[Unit.X-Reload-Triggers]-}" ]; then
          if [ -z "${toRestart[$unit]-}" ]; then
            toReload[$unit]=1
            record "$reloadList" "$unit"
          fi
        fi
        ;;
    esac
  fi
done

# ---------------------------------------------------------------- file systems

# Mounts that fstab describes have units too, but these are made from it at boot and with each reload: so the two
# files are compared.
declare -A oldFsKind=() oldFsOptions=() newFsKind=() newFsOptions=()
oldSwaps=()
declare -A newSwaps=()
readFstab() { # FILE KIND-MAP OPTIONS-MAP
  declare -n kind=$2 fsOptions=$3
  local device mountPoint type options rest
  [ -f "$1" ] || return 0
  while read -r device mountPoint type options rest; do
    case $device in '' | '#'*) continue ;; esac
    if [ "$type" = swap ]; then
      if [ "$2" = oldFsKind ]; then oldSwaps+=("$device"); else newSwaps[$device]=1; fi
      continue
    fi
    kind[$mountPoint]="$device $type"
    fsOptions[$mountPoint]=$options
  done < "$1"
}
readFstab "$etcDir/fstab" oldFsKind oldFsOptions
readFstab "$out/etc/fstab" newFsKind newFsOptions

# Name of the unit of a mount point, as `systemd-escape --path` gives it.
mountUnit() { # PATH -> found
  local path=${1#/} character index
  path=${path%/}
  path=${path//\\040/ }
  found=
  if [ -z "$path" ]; then
    found=-.mount
    return
  fi
  for ((index = 0; index < ${#path}; index++)); do
    character=${path:index:1}
    case $character in
      /) found+=- ;;
      [a-zA-Z0-9:_]) found+=$character ;;
      .) if [ "$index" = 0 ]; then found+='\x2e'; else found+=.; fi ;;
      *) printf -v character '\\x%02x' "'$character"; found+=$character ;;
    esac
  done
  found+=.mount
}

for mountPoint in "${!oldFsKind[@]}"; do
  mountUnit "$mountPoint"
  case ${activeState[$found]-} in active | activating) ;; *) continue ;; esac
  # What stage 1 mounted carries the system itself.
  case $mountPoint,${oldFsOptions[$mountPoint]}, in
    /,* | /nix,* | /nix/store,* | *,x-initrd.mount,*) essential=1 ;;
    *) essential= ;;
  esac
  if [ -z "${newFsKind[$mountPoint]-}" ]; then
    [ -n "$essential" ] || toStop[$found]=1
  elif [ "${newFsKind[$mountPoint]}" != "${oldFsKind[$mountPoint]}" ]; then
    if [ -n "$essential" ]; then
      echo "warning: the file system on $mountPoint is another one in the new configuration; it takes effect at the next boot" >&2
    else
      toRestart[$found]=1
      record "$restartList" "$found"
    fi
  elif [ "${newFsOptions[$mountPoint]}" != "${oldFsOptions[$mountPoint]}" ]; then
    toReload[$found]=1
    record "$reloadList" "$found"
  fi
done
removedSwaps=()
for device in "${oldSwaps[@]}"; do
  [ -n "${newSwaps[$device]-}" ] || removedSwaps+=("$device")
done

sorted() { # MAP -> names
  declare -n of=$1
  names=()
  [ ${#of[@]} -gt 0 ] || return 0
  mapfile -t names < <(printf '%s\n' "${!of[@]}" | sort)
}
joined() { local IFS=,; local text="$*"; echo "${text//,/, }"; }

# What is stopped for good or to be started again, but not targets, which are stopped and started in every switch.
stoppedForReader() {
  local unit
  local -A shown=()
  for unit in "${!toStop[@]}"; do [[ $unit == *.target && -n ${toStart[$unit]-} ]] || shown[$unit]=1; done
  sorted shown
}

# What is started after having been stopped, or anew, but not targets that are only started again.
startedForReader() {
  names=()
  [ ${#unfiltered[@]} -gt 0 ] || return 0
  local unit
  local -A shown=()
  for unit in "${!unfiltered[@]}"; do [ -z "${toStart[$unit]-}" ] || shown[$unit]=1; done
  sorted shown
}

oldManager=$(readlink -f "$currentSystem/systemd" 2>/dev/null)
newManager=$(readlink -f "$out/systemd")

# ---------------------------------------------------------------- dry run

if [ -n "$dry" ]; then
  stoppedForReader
  [ ${#names[@]} -eq 0 ] || echo "would stop the following units: $(joined "${names[@]}")" >&2
  sorted toSkip
  [ ${#names[@]} -eq 0 ] || echo "would NOT stop the following changed units: $(joined "${names[@]}")" >&2
  echo "would activate the configuration..." >&2
  NIXOS_ACTION=dry-activate "$out/dry-activate" "$out" 9>&-

  readList "$stateDir/dry-activation-restart-list" toRestart
  readList "$stateDir/dry-activation-reload-list" toReload
  rm -f "$stateDir/dry-activation-restart-list" "$stateDir/dry-activation-reload-list"

  [ "$oldManager" = "$newManager" ] || echo "would restart systemd" >&2
  sorted toReload
  [ ${#names[@]} -eq 0 ] || echo "would reload the following units: $(joined "${names[@]}")" >&2
  sorted toRestart
  [ ${#names[@]} -eq 0 ] || echo "would restart the following units: $(joined "${names[@]}")" >&2
  startedForReader
  [ ${#names[@]} -eq 0 ] || echo "would start the following units: $(joined "${names[@]}")" >&2
  exit 0
fi

# ---------------------------------------------------------------- stop, activate, start

# The journal tells when and to what this machine was switched.
if [ -x "@logger@" ]; then "@logger@" -t nixos "switching to system configuration $out" 9>&- || true; fi

stoppedForReader
[ ${#names[@]} -eq 0 ] || echo "stopping the following units: $(joined "${names[@]}")" >&2
sorted toStop
if [ ${#names[@]} -gt 0 ]; then
  # One that does not stop shows up among the failed ones at the end.
  "$systemctl" stop -- "${names[@]}" 9>&-
fi
for device in "${removedSwaps[@]}"; do
  echo "stopping swap device: $device" >&2
  "@swapoff@" "$device" 9>&- || status=4
done
sorted toSkip
[ ${#names[@]} -eq 0 ] || echo "NOT restarting the following changed units: $(joined "${names[@]}")" >&2

echo "activating the configuration..." >&2
NIXOS_ACTION=$action "$out/activate" "$out" 9>&- || status=2

# Activation may ask for units of its own, of which it need not know whether they run.
declare -A asked=()
readList "$stateDir/activation-restart-list" asked
for unit in "${!asked[@]}"; do
  if unitFile "$newUnits" "$unit"; then
    declare -A oldUnit=() newUnit=()
    parseUnit "$newUnits" "$unit" newUnit
    handleModified "$unit" restart
  fi
  # Too late to be stopped with its old description.
  if [ -n "${toStop[$unit]-}" ]; then
    case ${activeState[$unit]-} in
      active | activating)
        toRestart[$unit]=1
        record "$restartList" "$unit"
        unset "toStart[$unit]" "unfiltered[$unit]"
        ;;
    esac
  fi
done
asked=()
readList "$stateDir/activation-reload-list" asked
for unit in "${!asked[@]}"; do
  case ${activeState[$unit]-} in
    active | activating)
      if [ -z "${toRestart[$unit]-}" ] && [ -z "${toStart[$unit]-}" ]; then
        toReload[$unit]=1
        record "$reloadList" "$unit"
      fi
      ;;
  esac
done
rm -f "$stateDir/activation-restart-list" "$stateDir/activation-reload-list"

if [ "$oldManager" != "$newManager" ]; then
  echo "restarting systemd..." >&2
  "$systemctl" daemon-reexec 9>&- || status=3
fi

# Failures of the past are not those of this switch.
"$systemctl" reset-failed 9>&-
"$systemctl" daemon-reload 9>&- || status=3

# The managers of the users that are logged in read their units again, each by itself.
if [ -n "$loginctl" ]; then
  while read -r uid user _; do
    [ -n "$user" ] || continue
    case ${activeState["user@$uid.service"]-} in
      active)
        echo "reloading user units for $user..." >&2
        # A hangup is what a manager takes as the wish to reload, with or without a bus of its own.
        "$systemctl" kill --kill-whom=main --signal=HUP "user@$uid.service" 9>&- \
          || echo "warning: the user units of $user were not reloaded" >&2
        ;;
    esac
  done < <("$loginctl" list-users --no-legend 2>/dev/null 9>&-)
fi

if [ -n "$tmpfiles" ]; then
  "$tmpfiles" --create --remove --exclude-prefix=/dev 9>&-
  # 65 and 73: some lines did not hold on this machine, which is no failure of the switch.
  case $? in 0 | 65 | 73) ;; *) status=3 ;; esac
fi

# A unit that is to be reloaded but does not run any more is started.
if [ ${#toReload[@]} -gt 0 ]; then
  readActive
  for unit in "${!toReload[@]}"; do
    case ${activeState[$unit]-} in
      active | activating | reloading) ;;
      *)
        unset "toReload[$unit]"
        if unitFile "$newUnits" "$unit"; then
          declare -A newUnit=()
          parseUnit "$newUnits" "$unit" newUnit
          if ! unitBool newUnit Unit.RefuseManualStart 0 && ! unitBool newUnit Unit.X-OnlyManualStart 0; then
            toStart[$unit]=1
            unfiltered[$unit]=1
            record "$startList" "$unit"
          fi
        fi
        ;;
    esac
  done
  sorted toReload
  if [ ${#names[@]} -gt 0 ]; then
    echo "reloading the following units: $(joined "${names[@]}")" >&2
    "$systemctl" reload -- "${names[@]}" 9>&- || status=4
  fi
fi
rm -f "$reloadList"

sorted toRestart
if [ ${#names[@]} -gt 0 ]; then
  echo "restarting the following units: $(joined "${names[@]}")" >&2
  "$systemctl" restart -- "${names[@]}" 9>&- || status=4
fi
rm -f "$restartList"

# Targets too: they bring up what is new in them.
startedForReader
[ ${#names[@]} -eq 0 ] || echo "starting the following units: $(joined "${names[@]}")" >&2
sorted toStart
if [ ${#names[@]} -gt 0 ]; then
  "$systemctl" start -- "${names[@]}" 9>&- || status=4
fi
rm -f "$startList"

# ---------------------------------------------------------------- what came of it

readActive
declare -A failed=() started=()
for unit in "${!activeState[@]}"; do
  case ${activeState[$unit]} in
    failed) failed[$unit]=1 ;;
    activating)
      # It failed and waits to be tried again.
      [ "${subState[$unit]}" != auto-restart ] || failed[$unit]=1
      ;;
    active)
      case ${oldState[$unit]-} in
        active | activating | reloading) ;;
        *)
          # Scopes and devices appear by themselves.
          case $unit in
            *.device | *.scope | *.slice | session-*) ;;
            *) [ -n "${toStart[$unit]-}${toRestart[$unit]-}" ] || started[$unit]=1 ;;
          esac
          ;;
      esac
      ;;
  esac
done
sorted started
[ ${#names[@]} -eq 0 ] || echo "the following new units were started: $(joined "${names[@]}")" >&2
sorted failed
if [ ${#names[@]} -gt 0 ]; then
  echo "warning: the following units failed: $(joined "${names[@]}")" >&2
  "$systemctl" status --no-pager --full -- "${names[@]}" >&2 9>&-
  status=4
fi

if [ -x "@logger@" ]; then
  if [ "$status" = 0 ]; then
    "@logger@" -t nixos "finished switching to system configuration $out" 9>&- || true
  else
    "@logger@" -t nixos -p user.err "switching to system configuration $out failed (status $status)" 9>&- || true
  fi
fi
exit "$status"
