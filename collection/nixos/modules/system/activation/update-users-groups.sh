# update-users-groups.sh SPEC: writes passwd, group, shadow and the sub-id maps from the configuration.
#
# SPEC is a directory with `settings`, `groups` and `users`. A record is a line, its fields are separated by U+001F:
#   settings: NAME=VALUE lines: mutableUsers, defaultShell
#   groups:   name gid members(space separated)
#   users:    name uid group home description shell isNormal createHome homeMode autoSubIds expires
#             hashedPassword initialHashedPassword password initialPassword hashedPasswordFile
#             subUidRanges subGidRanges   (START:COUNT, space separated)
#
# Numbers are stable: a name keeps the number it once had (uid-map and gid-map in the state directory), also after
# it was removed, so that files never change hands. Each file is written beside the old one and renamed.

# A program without libraries to be linked with starts in a fifth of the time (STATIC_TOOLS names a busybox).
if [ -n "${STATIC_TOOLS-}" ]; then
  for tool in chmod chown mkdir mv sort sync; do
    eval "$tool() { \"\$STATIC_TOOLS\" $tool \"\$@\"; }"
  done
fi

etc=${NIXOS_USERS_ETC-/etc}
state=${NIXOS_USERS_STATE-/var/lib/nixos}
spec=$1
dry=
[ "${NIXOS_ACTION-}" != dry-activate ] || dry=1
status=0

warn() { echo "warning: $*" >&2; }

mutableUsers=1
defaultShell=/run/current-system/sw/bin/bash
while IFS='=' read -r name value; do
  case $name in
    mutableUsers) mutableUsers=$value ;;
    defaultShell) defaultShell=$value ;;
  esac
done < "$spec/settings"

[ -n "$dry" ] || { [ -d "$state" ] && [ -d "$etc" ]; } || mkdir -p "$state" "$etc"

# Reads a JSON object of numbers, the only form that these maps have, into the named map.
readMap() {
  declare -n map=$2
  [ -f "$1" ] || return 0
  local text
  text=$(< "$1")
  while [[ $text =~ \"([^\"]+)\"[[:space:]]*:[[:space:]]*([0-9]+) ]]; do
    map[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
    text=${text#*"${BASH_REMATCH[0]}"}
  done
}

# Writes a file: FILE TEXT MODE OWNER GROUP. The same text is not written again.
replace() {
  [ -z "$dry" ] || return 0
  local text
  if [ -f "$1" ]; then
    IFS= read -r -d '' text < "$1"
    [ "$text" != "$2" ] || return 0
  fi
  local old
  old=$(umask)
  umask 0077
  printf %s "$2" > "$1.tmp" && chown "$4:$5" "$1.tmp" && chmod "$3" "$1.tmp" && sync -d "$1.tmp" \
    && mv -Tf "$1.tmp" "$1" || { status=1; warn "cannot write $1"; }
  umask "$old"
}

# Sets `names` to the arguments in the order of their bytes.
sortNames() {
  names=()
  [ $# -eq 0 ] || mapfile -t names < <(printf '%s\n' "$@" | LC_ALL=C sort)
}

writeMap() {
  declare -n map=$2
  local name text= names
  sortNames "${!map[@]}"
  for name in "${names[@]}"; do
    text+="${text:+,}\"$name\":${map[$name]}"
  done
  replace "$1" "{$text}" 0644 0 0
}

declare -A uidMap=() gidMap=() subIdMap=()
readMap "$state/uid-map" uidMap
readMap "$state/gid-map" gidMap
readMap "$state/auto-subuid-map" subIdMap

# ---- what is there
declare -A groupGid=() groupMembers=() groupPassword=() groupWanted=()
groupOrder=()
declare -A usedGids=()
if [ -f "$etc/group" ]; then
  while IFS=: read -r name password gid members; do
    [ -n "$name" ] || continue
    groupGid[$name]=$gid groupMembers[$name]=$members groupPassword[$name]=$password
    groupOrder+=("$name")
  done < "$etc/group"
fi
declare -A userLine=() userUid=() usedUids=() userWanted=()
userOrder=()
if [ -f "$etc/passwd" ]; then
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    name=${line%%:*}
    userLine[$name]=$line
    IFS=: read -r _ _ uid _ <<< "$line"
    userUid[$name]=$uid
    userOrder+=("$name")
  done < "$etc/passwd"
fi
declare -A shadowLine=()
shadowOrder=()
if [ -f "$etc/shadow" ]; then
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    shadowLine[${line%%:*}]=$line
    shadowOrder+=("${line%%:*}")
  done < "$etc/shadow"
fi
declare -A declaredUsers=() declaredGroups=()
if [ -f "$state/declarative-users" ]; then
  for name in $(< "$state/declarative-users"); do declaredUsers[$name]=1; done
fi
if [ -f "$state/declarative-groups" ]; then
  for name in $(< "$state/declarative-groups"); do declaredGroups[$name]=1; done
fi

# ---- what is wanted
mapfile -t groupSpecs < "$spec/groups"
mapfile -t userSpecs < "$spec/users"

# Numbers that are spoken for: those the configuration gives, and those that any name ever had.
for record in "${groupSpecs[@]}"; do
  IFS=$'\x1f' read -r name gid _ <<< "$record"
  groupWanted[$name]=1
  [ -z "$gid" ] || usedGids[$gid]=$name
done
for name in "${!gidMap[@]}"; do : "${usedGids[${gidMap[$name]}]:=$name}"; done
for name in "${!groupGid[@]}"; do : "${usedGids[${groupGid[$name]}]:=$name}"; done
for record in "${userSpecs[@]}"; do
  IFS=$'\x1f' read -r name uid _ <<< "$record"
  userWanted[$name]=1
  [ -z "$uid" ] || usedUids[$uid]=$name
done
for name in "${!uidMap[@]}"; do : "${usedUids[${uidMap[$name]}]:=$name}"; done
for name in "${!userUid[@]}"; do : "${usedUids[${userUid[$name]}]:=$name}"; done

# First free number of a range, counting down for system ones (so they never meet those given by hand).
allocate() { # MAP-OF-USED FROM TO STEP
  declare -n used=$1
  local id=$2
  while [ -n "${used[$id]-}" ]; do
    [ "$id" != "$3" ] || { echo "no free number between $2 and $3" >&2; exit 1; }
    id=$((id + $4))
  done
  allocated=$id
}

declare -A outGid=() outMembers=()
outGroups=()
for record in "${groupSpecs[@]}"; do
  IFS=$'\x1f' read -r name gid members <<< "$record"
  if [ -n "${groupGid[$name]-}" ]; then
    existing=${groupGid[$name]}
    if [ -n "$gid" ] && [ "$gid" != "$existing" ]; then
      warn "not applying GID change of group '$name' ($existing -> $gid) in /etc/group"
    fi
    gid=$existing
    # With mutable users, members that somebody added by hand stay.
    if [ "$mutableUsers" = 1 ]; then members="$members ${groupMembers[$name]//,/ }"; fi
  elif [ -z "$gid" ]; then
    if [ -n "${gidMap[$name]-}" ]; then
      gid=${gidMap[$name]}
      echo "reviving group '$name' with GID $gid"
    else
      allocate usedGids 999 400 -1
      gid=$allocated
    fi
  fi
  usedGids[$gid]=$name
  gidMap[$name]=$gid
  outGid[$name]=$gid
  declare -A seen=()
  unique=()
  for member in $members; do
    [ -z "${seen[$member]-}" ] || continue
    # Members that were declared and are not any more go.
    if [ -n "${declaredUsers[$member]-}" ] && [ -z "${userWanted[$member]-}" ]; then continue; fi
    seen[$member]=1
    unique+=("$member")
  done
  unset seen
  if [ ${#unique[@]} -gt 1 ]; then
    mapfile -t unique < <(printf '%s\n' "${unique[@]}" | LC_ALL=C sort)
  fi
  printf -v joined '%s,' "${unique[@]}"
  outMembers[$name]=${joined%,}
  outGroups+=("$name")
done
# Groups that the configuration does not know.
for name in "${groupOrder[@]}"; do
  [ -z "${groupWanted[$name]-}" ] || continue
  if [ "$mutableUsers" != 1 ] || [ -n "${declaredGroups[$name]-}" ]; then
    echo "removing group '$name'"
    continue
  fi
  outGid[$name]=${groupGid[$name]}
  outMembers[$name]=${groupMembers[$name]}
  outGroups+=("$name")
done

# Hash of a password, with the salt of the hash that is there already: so the same password gives the same line.
# mkpasswd reads the password from its input, where other users cannot see it.
hashOf() { # PASSWORD OLD-HASH
  local salt
  if [[ $2 =~ ^\$6\$([^$]+)\$ ]]; then salt=${BASH_REMATCH[1]}; else salt=$(salt); fi
  printf '%s\n' "$1" | "${STATIC_TOOLS:-busybox}" mkpasswd -m sha512 -S "$salt" -P 0
}
salt() {
  local text
  text=$(head -c 64 /dev/urandom | base64 -w0)
  text=${text//[^A-Za-z0-9]/}
  echo "${text:0:16}"
}

declare -A outLine=() outShadow=() outUid=()
outUsers=()
subUid=() subGid=()
today=$(( ${EPOCHSECONDS:-0} / 86400 ))
for record in "${userSpecs[@]}"; do
  IFS=$'\x1f' read -r name uid group home description shell isNormal createHome homeMode autoSubIds expires \
    hashedPassword initialHashedPassword password initialPassword hashedPasswordFile \
    subUidRanges subGidRanges <<< "$record"

  isNew=
  if [ -n "${userUid[$name]-}" ]; then
    existing=${userUid[$name]}
    if [ -n "$uid" ] && [ "$uid" != "$existing" ]; then
      warn "not applying UID change of user '$name' ($existing -> $uid) in /etc/passwd"
    fi
    uid=$existing
    if [ "$mutableUsers" = 1 ] && [ -z "$shell" ]; then IFS=: read -r _ _ _ _ _ _ shell <<< "${userLine[$name]}"; fi
  else
    isNew=1
    if [ -z "$uid" ]; then
      if [ -n "${uidMap[$name]-}" ]; then
        uid=${uidMap[$name]}
        echo "reviving user '$name' with UID $uid"
      elif [ "$isNormal" = 1 ]; then
        allocate usedUids 1000 29999 1
        uid=$allocated
      else
        allocate usedUids 999 400 -1
        uid=$allocated
      fi
    fi
  fi
  usedUids[$uid]=$name
  uidMap[$name]=$uid
  outUid[$name]=$uid

  if [[ $group =~ ^[0-9]+$ ]]; then
    gid=$group
  else
    gid=${outGid[$group]-}
    if [ -z "$gid" ]; then
      warn "user '$name' has unknown group '$group'"
      gid=65534
      status=1
    fi
  fi

  outLine[$name]="$name:x:$uid:$gid:$description:$home:${shell:-$defaultShell}"
  outUsers+=("$name")

  # ---- password
  oldHash=
  if [ -n "${shadowLine[$name]-}" ]; then
    IFS=: read -r _ oldHash change min max warnDays inactive _ rest <<< "${shadowLine[$name]}"
  fi
  given=
  if [ -n "$initialHashedPassword" ] && [ -n "$isNew" ]; then given=$initialHashedPassword; fi
  if [ -n "$initialPassword" ] && [ -n "$isNew" ]; then given=$(hashOf "$initialPassword" "$oldHash"); fi
  if [ -n "$isNew" ] || [ "$mutableUsers" != 1 ]; then
    if [ -n "$password" ]; then
      given=$(hashOf "$password" "$oldHash")
    fi
    if [ -n "$hashedPassword" ]; then given=$hashedPassword; fi
    if [ -n "$hashedPasswordFile" ]; then
      if [ -e "$hashedPasswordFile" ]; then
        read -r given < "$hashedPasswordFile"
      else
        warn "password file '$hashedPasswordFile' does not exist"
      fi
    fi
    # An immutable user has what the configuration gives, at creation too.
    if [ -z "$given" ] && [ "$mutableUsers" != 1 ]; then
      if [ -n "$initialHashedPassword" ]; then given=$initialHashedPassword; fi
      if [ -n "$initialPassword" ]; then given=$(hashOf "$initialPassword" "$oldHash"); fi
    fi
  fi
  if [ -n "${shadowLine[$name]-}" ]; then
    hash=$oldHash
    if [ -n "$given" ]; then hash=$given; elif [ "$mutableUsers" != 1 ]; then hash='!'; fi
    outShadow[$name]="$name:$hash:${change:-$today}:$min:$max:$warnDays:$inactive:$expires:$rest"
  else
    # Day 1 stands for "at some time": 0 would ask for a change at the next login.
    outShadow[$name]="$name:${given:-!}:1::::::"
    [ -z "$expires" ] || outShadow[$name]="$name:${given:-!}:1:::::$expires:"
  fi

  # ---- home
  if [ "$createHome" = 1 ] && [ -z "$dry" ] && [ ! -e "$home" ]; then
    mkdir -p -m "$homeMode" -- "$home" && chmod "$homeMode" -- "$home" && chown "$uid:$gid" -- "$home" \
      || { warn "cannot make $home"; status=1; }
  fi

  # ---- sub-ids
  for range in $subUidRanges; do subUid+=("$name:$range"); done
  for range in $subGidRanges; do subGid+=("$name:$range"); done
  if [ "$autoSubIds" = 1 ]; then
    if [ -z "${subIdMap[$name]-}" ]; then
      start=100000
      while :; do
        taken=
        for other in "${!subIdMap[@]}"; do
          [ "${subIdMap[$other]}" != "$start" ] || taken=1
        done
        [ -n "$taken" ] || break
        start=$((start + 65536))
      done
      subIdMap[$name]=$start
    fi
    subUid+=("$name:${subIdMap[$name]}:65536")
    subGid+=("$name:${subIdMap[$name]}:65536")
  fi
done
for name in "${userOrder[@]}"; do
  [ -z "${userWanted[$name]-}" ] || continue
  if [ "$mutableUsers" != 1 ] || [ -n "${declaredUsers[$name]-}" ]; then
    echo "removing user '$name'"
    continue
  fi
  outLine[$name]=${userLine[$name]}
  outUsers+=("$name")
  [ -z "${shadowLine[$name]-}" ] || outShadow[$name]=${shadowLine[$name]}
done

# ---- write: the maps first, since a number that was given away must never be forgotten.
writeMap "$state/gid-map" gidMap
writeMap "$state/uid-map" uidMap
[ ${#subIdMap[@]} -eq 0 ] || writeMap "$state/auto-subuid-map" subIdMap

# Sets `text` to the arguments, a line each.
lines() {
  text=
  [ $# -eq 0 ] || printf -v text '%s\n' "$@"
}

groupLines=()
for name in "${outGroups[@]}"; do
  groupLines+=("$name:${groupPassword[$name]:-x}:${outGid[$name]}:${outMembers[$name]}")
done
lines "${groupLines[@]}"
replace "$etc/group" "$text" 0644 0 0

passwdLines=() shadowLines=()
for name in "${outUsers[@]}"; do
  passwdLines+=("${outLine[$name]}")
  [ -z "${outShadow[$name]-}" ] || shadowLines+=("${outShadow[$name]}")
done
lines "${passwdLines[@]}"
replace "$etc/passwd" "$text" 0644 0 0
lines "${shadowLines[@]}"
replace "$etc/shadow" "$text" 0640 0 "${outGid[shadow]:-0}"
lines "${subUid[@]}"
replace "$etc/subuid" "$text" 0644 0 0
lines "${subGid[@]}"
replace "$etc/subgid" "$text" 0644 0 0

sortNames "${!groupWanted[@]}"
replace "$state/declarative-groups" "${names[*]}" 0644 0 0
sortNames "${!userWanted[@]}"
replace "$state/declarative-users" "${names[*]}" 0644 0 0

exit $status
