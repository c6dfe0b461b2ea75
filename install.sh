#!/usr/bin/env bash
# Builds git-bbkey and installs it; `./install.sh --help` says how.
# Runs with the bash 3.2 of macOS, asks nothing.

set -eu
umask 022

build_packages='gcc libc6-dev make cmake pkg-config libgit2-dev
	libssh2-1-dev libcurl4-openssl-dev libjansson-dev
	git openssh-client ca-certificates'
demo_packages='python3 python3-aiohttp python3-asyncssh openssl'
brew_packages='cmake pkgconf libgit2 libssh2 curl jansson git'
brew_demo_packages='python'

top=$(cd "$(dirname "$0")" && pwd -P)
action=install
prefix=
system=
with_packages=1
temp=
sandbox=

usage() {
	cat <<-'EOF'
	usage: ./install.sh [--prefix <dir>] [--system] [--no-deps]
	       ./install.sh --uninstall [--prefix <dir>] [--system]
	       ./install.sh --demo [--no-deps]

	    --prefix <dir>  install there; default ~/.local, with --system /usr/local
	    --system        for everyone, with a system-level git configuration
	    --no-deps       leave packages alone (else: apt or Homebrew)
	    --uninstall     undo all of it, and this user's git-bbkey configuration
	    --demo          show what it does, on a Bitbucket of its own on loopback,
	                    in a home that is thrown away; installs nothing to keep
	EOF
}

# --- talk -----------------------------------------------------------------

say() {
	printf '%s\n' "$*"
}

die() {
	printf 'install.sh: %s\n' "$1" >&2
	[ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
	exit 1
}

bad_usage() {
	[ $# -eq 0 ] || printf 'install.sh: %s\n' "$*" >&2
	usage >&2
	exit 129
}

# quietly <what> <command>...: its output is shown only where it fails
quietly() {
	local what=$1
	shift
	"$@" </dev/null >"$temp/log" 2>&1 && return
	tail -n 40 "$temp/log" | sed 's/^/    /' >&2
	die "cannot $what: '$1' failed, its last lines are above"
}

# --- root -----------------------------------------------------------------

is_root() {
	[ "$(id -u)" -eq 0 ]
}

# sudo may ask for its password where somebody is there to type it
as_root() {
	if is_root; then
		"$@"
	elif [ -t 0 ] && [ -t 2 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

can_be_root() {
	is_root || command -v sudo >/dev/null
}

# --- packages -------------------------------------------------------------

install_packages() {
	if [ "$(uname -s)" = Darwin ]; then
		[ -z "$with_packages" ] || install_brew
		find_brew_libraries
	elif [ -z "$with_packages" ]; then
		return
	elif command -v apt-get >/dev/null; then
		install_debian
	else
		say "No apt-get here: what the build needs must be there already."
	fi
}

is_installed() {
	dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null |
		grep -q '^install ok installed'
}

# the packages of the list that are not there
missing() {
	local name
	for name in "$@"; do
		case $name in
		libcurl4-openssl-dev) # they exclude each other, either will do
			is_installed libcurl4-gnutls-dev && continue ;;
		esac
		is_installed "$name" || printf '%s ' "$name"
	done
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=300 "$@"
}

have_lists() {
	[ -n "$(find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null |
		head -n 1)" ]
}

# Lists that are missing or too old are fetched first.
apt_install() {
	if have_lists && apt install -y --no-install-recommends "$@"; then
		return
	fi
	apt update && apt install -y --no-install-recommends "$@"
}

install_debian() {
	local names
	# shellcheck disable=SC2046,SC2086 # lists of names
	names=$(missing $packages)
	[ -n "$names" ] || return 0
	can_be_root || die "these packages are missing: $names" \
		"as root: apt-get install $names"
	say "Installing packages: $names" | fold -s -w 79
	# shellcheck disable=SC2086 # a list of names
	quietly 'install packages' apt_install $names
}

install_brew() {
	local names
	command -v brew >/dev/null || die 'Homebrew is not installed' \
		'https://brew.sh says how; --no-deps does without'
	# shellcheck disable=SC2046,SC2086 # a list of names
	names=$(for name in $packages; do
		brew list --formula "$name" >/dev/null 2>&1 || echo "$name"
	done)
	[ -n "$names" ] || return 0
	# shellcheck disable=SC2086 # a list of names
	say 'Installing packages:' $names
	# shellcheck disable=SC2086 # a list of names
	quietly 'install packages' env NONINTERACTIVE=1 \
		HOMEBREW_NO_AUTO_UPDATE=1 brew install $names
}

# Homebrew's curl is not where pkg-config looks.
find_brew_libraries() {
	local curl
	curl=$(brew --prefix curl 2>/dev/null) || return 0
	PKG_CONFIG_PATH=$curl/lib/pkgconfig:${PKG_CONFIG_PATH:-}
	export PKG_CONFIG_PATH
}

# --- build ----------------------------------------------------------------

# build/release, or a temporary folder where the checkout cannot be written to
choose_build() {
	build=$top/build/release
	if ! mkdir -p "$build" 2>/dev/null || [ ! -w "$build" ] ||
	   { [ -e "$build/CMakeCache.txt" ] &&
	     [ ! -w "$build/CMakeCache.txt" ]; }; then
		build=$temp/build
	fi
}

# A folder that was configured elsewhere and then copied starts anew.
configure() {
	local fresh=
	if [ -e "$build/CMakeCache.txt" ] &&
	   ! { grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$top" \
		"$build/CMakeCache.txt" &&
	       grep -qxF "CMAKE_CACHEFILE_DIR:INTERNAL=$build" \
		"$build/CMakeCache.txt"; }; then
		fresh=--fresh
	fi
	(cd "$top" && cmake --preset release -B "$build" $fresh)
}

build_release() {
	command -v cmake >/dev/null || die "the program 'cmake' is missing" \
		'run this without --no-deps'
	choose_build
	say "Building in $build"
	quietly 'configure the build' configure
	quietly build cmake --build "$build" \
		--parallel "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
}

# --- files ----------------------------------------------------------------

# The first folder of a path that exists decides who may write there.
can_write() {
	local dir=$1
	while [ ! -e "$dir" ]; do
		dir=$(dirname "$dir")
	done
	[ -w "$dir" ]
}

# Runs a command that writes below the prefix.
owner() {
	if [ -n "$need_root" ]; then
		as_root "$@"
	else
		"$@"
	fi
}

choose_prefix() {
	if [ -z "$prefix" ] && [ -n "$system" ]; then
		prefix=/usr/local
	elif [ -z "$prefix" ]; then
		[ -n "${HOME:-}" ] || die 'there is no HOME' \
			'say where to install: --prefix <dir>'
		prefix=$HOME/.local
	fi
	case $prefix in
	/*) ;;
	*) prefix=$PWD/$prefix ;;
	esac
	while [ "$prefix" != "${prefix%/}" ]; do
		prefix=${prefix%/}
	done
	share=$prefix/share/git-bbkey
	installed=$share/installed
	need_root=
	if ! { can_write "$prefix/bin" && can_write "$share"; }; then
		need_root=1
		can_be_root || die "you may not write to $prefix" \
			'run this as root, or say --prefix <dir>'
	fi
}

# make_dir <folder below the prefix>: remembers what had to be made
make_dir() {
	[ ! -d "$prefix/$1" ] || return 0
	if [ "$1" = . ]; then
		owner mkdir -p "$prefix"
	else
		make_dir "$(dirname "$1")"
		owner mkdir "$prefix/$1"
	fi
	printf '%s/\n' "$1" >>"$temp/installed"
}

# put <file> <name below the prefix>
put() {
	local mode=644
	[ ! -x "$1" ] || mode=755
	make_dir "$(dirname "$2")"
	owner install -m "$mode" "$1" "$prefix/$2"
	printf '%s\n' "$2" >>"$temp/installed"
}

# Files of an earlier version that this one does not have any more.
remove_old() {
	local file
	while IFS= read -r file; do
		if is_ours "$file"; then
			owner rm -f "$prefix/$file"
		fi
	done <<-EOF
		$(grep -v '/$' "$temp/before" | grep -vxF -f "$temp/installed")
	EOF
}

is_ours() {
	case /$1/ in
	// | //* | */../*) return 1 ;;
	esac
}

install_files() {
	local file
	: >"$temp/before"
	if [ -r "$installed" ]; then
		cp "$installed" "$temp/before"
	fi
	grep '/$' "$temp/before" >"$temp/installed" || :
	quietly 'copy the programs' cmake --install "$build" --strip \
		--prefix "$temp/stage"
	(cd "$temp/stage" && find . -type f | sed 's|^\./||' | sort) \
		>"$temp/files"
	while IFS= read -r file; do
		put "$temp/stage/$file" "$file"
	done <"$temp/files"
	printf '%s\n' share/git-bbkey/installed >>"$temp/installed"
	remove_old
	make_dir share/git-bbkey
	owner install -m 644 "$temp/installed" "$installed"
}

# --- everyone's git configuration -----------------------------------------

admin_config() {
	cat <<-'EOF'
	# git-bbkey: settings for everyone on this machine.
	#
	# The system's git configuration includes this file, and nothing in it
	# is in force until you write it.  A person still runs
	# `git bbkey init <base>` to switch on automatic setup; what stands
	# here are the defaults.
	#
	#	[bbkey "https://bitbucket.example.com"]
	#		scope = project
	#		permission = read
	#		expires = 365
	#		hostKey = SHA256:...
	EOF
}

# Since 12 November 2026 nothing answers at the old name.
cloud_config() {
	cat <<-'EOF'
	# git-bbkey: Bitbucket Cloud's SSH is at ssh.bitbucket.org now.
	#
	# The system's git configuration includes this file, so that remotes
	# and submodules which still say bitbucket.org go on working.  A person
	# or a repository that wants these addresses elsewhere says so for a
	# longer beginning, "git@bitbucket.org:workspace/": git takes the
	# longest, and of two that are the same the system's.
	[url "ssh://git@ssh.bitbucket.org/"]
		insteadOf = git@bitbucket.org:
		insteadOf = ssh://git@bitbucket.org/
		insteadOf = ssh://git@bitbucket.org:22/
	EOF
}

system_git() {
	if is_root || [ -n "${GIT_CONFIG_SYSTEM:-}" ]; then
		git config --system "$@"
	else
		as_root git config --system "$@"
	fi
}

is_included() {
	git config --system --get-all include.path 2>/dev/null |
		grep -qxF "$share/$1"
}

# is_as_installed <file in $share> <what prints it>: by this version, or by the
# one before it, which did not know ":22/"
is_as_installed() {
	"$2" | cmp -s - "$share/$1" ||
		"$2" | grep -v ':22/$' | cmp -s - "$share/$1"
}

# include <file in $share> <what prints it>: one that was edited stays
include() {
	if [ ! -e "$share/$1" ] || is_as_installed "$1" "$2"; then
		"$2" >"$temp/$1"
		owner install -m 644 "$temp/$1" "$share/$1"
	fi
	is_included "$1" ||
		system_git --add include.path "$share/$1"
}

exclude() {
	if is_included "$1"; then
		system_git --fixed-value --unset-all include.path "$share/$1"
		say "The system-level git configuration no longer includes $1"
	fi
	[ -e "$share/$1" ] || return 0
	if is_as_installed "$1" "$2"; then
		owner rm -f "$share/$1"
	else
		say "Kept, because it was edited: $share/$1"
	fi
}

include_for_everyone() {
	include gitconfig admin_config
	include gitconfig.cloud cloud_config
	say "Defaults for everyone go into $share/gitconfig"
	say "Old addresses of Bitbucket Cloud go to ssh.bitbucket.org for everyone"
	vouch_for_cloud
}

exclude_for_everyone() {
	exclude gitconfig admin_config
	exclude gitconfig.cloud cloud_config
	no_longer_vouch
}

# --- everyone's ssh -------------------------------------------------------

# What stands in /etc/ssh/ssh_config on Debian and macOS is "Include" of this.
ssh_folder=${BBK_SSH_CONFIG_FOLDER:-/etc/ssh/ssh_config.d}
ssh_file=$ssh_folder/git-bbkey.conf
ssh_mark='# git-bbkey:'

# Nobody has the host keys of the new name yet, and where nobody is asked ssh
# would refuse them.  The name of an account in front of the old name, as in
# alice@bitbucket.org, is in no insteadOf: ssh itself goes to the new one.
cloud_ssh_config() {
	local others=/etc/ssh/ssh_known_hosts
	cat <<-EOF
	$ssh_mark the host keys that Bitbucket Cloud publishes, at
	# https://bitbucket.org/site/ssh, for the name that its SSH has now.
	Host ssh.bitbucket.org altssh.bitbucket.org bitbucket.org
	    GlobalKnownHostsFile "$share/known_hosts" $others ${others}2

	# Since 12 November 2026 no SSH answers at the old name.
	Host bitbucket.org
	    HostName ssh.bitbucket.org
	EOF
}

# ssh_owner <command>...: one that writes into that folder
ssh_owner() {
	if [ -w "$ssh_folder" ]; then
		"$@"
	else
		as_root "$@"
	fi
}

vouch_for_cloud() {
	if ! "$prefix/bin/git-bbkey" hostkeys >"$temp/known_hosts" ||
	   [ ! -s "$temp/known_hosts" ]; then
		say 'The host keys of ssh.bitbucket.org could not be found out'
		return
	fi
	owner install -m 644 "$temp/known_hosts" "$share/known_hosts"
	if [ -d "$ssh_folder" ]; then
		cloud_ssh_config >"$temp/git-bbkey.conf"
		ssh_owner install -m 644 "$temp/git-bbkey.conf" "$ssh_file"
	fi
	if ssh -G ssh.bitbucket.org 2>/dev/null |
	   grep -qF "$share/known_hosts"; then
		say 'ssh knows the host keys of ssh.bitbucket.org for everyone'
	else
		say "ssh does not look into $share/known_hosts by itself:" \
			'everyone is asked about ssh.bitbucket.org'
	fi
}

no_longer_vouch() {
	if grep -qs "^$ssh_mark" "$ssh_file"; then
		ssh_owner rm -f "$ssh_file"
	fi
	[ ! -f "$share/known_hosts" ] || owner rm -f "$share/known_hosts"
}

# --- install --------------------------------------------------------------

# What to write into the person's shell's file, where that is needed.
# shellcheck disable=SC2088 # "~" is what people read
say_path() {
	local found line file='~/.bashrc'
	found=$(command -v git-bbkey || :)
	case :$PATH: in
	*":$prefix/bin:"*)
		[ "$found" = "$prefix/bin/git-bbkey" ] ||
			say "But $found comes first on your PATH."
		return ;;
	esac
	line="export PATH=\"$prefix/bin:\$PATH\""
	case $prefix in
	"${HOME:-/nonexistent}"/*)
		line="export PATH=\"\$HOME${prefix#"$HOME"}/bin:\$PATH\"" ;;
	esac
	say
	case ${SHELL:-} in
	*/zsh) file='~/.zshrc' ;;
	*/fish)
		file='~/.config/fish/config.fish'
		line="fish_add_path $prefix/bin" ;;
	esac
	say "$prefix/bin is not on your PATH yet."
	say "Add this line to $file, and open a new terminal:"
	say
	say "    $line"
}

install_all() {
	choose_prefix
	packages=$build_packages
	[ "$(uname -s)" != Darwin ] || packages=$brew_packages
	install_packages
	build_release
	install_files
	say "Installed $("$prefix/bin/git-bbkey" version) into $prefix"
	[ -z "$system" ] || include_for_everyone
	say_path
	say
	say 'Next, in a repository or with the address of your Bitbucket:'
	say
	say '    git bbkey init https://bitbucket.example.com'
}

# --- uninstall ------------------------------------------------------------

# what we put there; without our list, what we would have
list_installed() {
	if [ -r "$installed" ]; then
		cat "$installed"
	else
		printf 'bin/%s\n' git-bbkey git-bbkey-ssh git-credential-bbkey
	fi
}

remove_files() {
	local file count=0
	list_installed >"$temp/installed"
	while IFS= read -r file; do
		if is_ours "$file" && [ -f "$prefix/$file" ]; then
			owner rm -f "$prefix/$file"
			count=$((count + 1))
		fi
	done <"$temp/installed"
	remove_dirs
	if [ "$count" -gt 0 ]; then
		say "Removed $count files from $prefix"
	else
		say "There is no git-bbkey in $prefix"
	fi
}

# those that we made and that are empty now, the innermost first
remove_dirs() {
	local dir
	grep '/$' "$temp/installed" | sort -r >"$temp/dirs" || :
	while IFS= read -r dir; do
		if [ "$dir" = ./ ]; then
			dir=$prefix
		elif is_ours "$dir"; then
			dir=$prefix/${dir%/}
		else
			continue
		fi
		owner rmdir "$dir" 2>/dev/null || :
	done <"$temp/dirs"
}

xdg() {
	case $1 in
	/*) printf '%s/git-bbkey' "$1" ;;
	*) printf '%s/%s/git-bbkey' "$HOME" "$2" ;;
	esac
}

# Another installation's program, which this user's configuration starts.
other_transport() {
	local program
	program=$(git config --file "$1/transport" core.sshCommand \
		2>/dev/null) || return
	program=${program#\'}
	program=${program%\'}
	[ "$program" != "$prefix/bin/git-bbkey-ssh" ] && [ -x "$program" ] &&
		printf '%s\n' "$program"
}

remove_user() {
	local config state other
	[ -n "${HOME:-}" ] || return 0
	config=$(xdg "${XDG_CONFIG_HOME:-}" .config)
	state=$(xdg "${XDG_STATE_HOME:-}" .local/state)
	if other=$(other_transport "$config"); then
		say "Kept, for $other: $config"
		return
	fi
	if git config --global --get-all include.path 2>/dev/null |
	   grep -qxF "$config/config"; then
		git config --global --fixed-value --unset-all include.path \
			"$config/config"
		say 'Your git configuration no longer includes ours'
	fi
	restore_ssh_config "$config"
	remove_folder "$config"
	remove_folder "$state"
	say_keys
}

# Takes our line out of ~/.ssh/config, in place and to the byte: the file may
# be a link, and its lines may end in CR LF.
restore_ssh_config() {
	local file=$HOME/.ssh/config line number
	line=$(sed -n 's|^# In ~/\.ssh/config: ||p' "$1/ssh_config" \
		2>/dev/null) || return 0
	[ -n "$line" ] && [ -f "$file" ] || return 0
	number=$(LC_ALL=C grep -anxF -e "$line" -e "$line$(printf '\r')" \
		"$file" | head -n 1 | cut -d: -f1)
	[ -n "$number" ] || return 0
	if ! { head -n $((number - 1)) "$file" &&
	       tail -n +$((number + 1)) "$file"; } >"$temp/ssh_config" ||
	   ! cat "$temp/ssh_config" >"$file"; then
		die "cannot change $file" "take this line out of it: $line"
	fi
	if [ ! -s "$file" ] && grep -q '^# git-bbkey made ' "$1/ssh_config"
	then
		rm -f "$file"
	fi
	say 'Your ~/.ssh/config no longer includes ours'
}

remove_folder() {
	[ -d "$1" ] || return 0
	rm -rf "$1"
	say "Removed $1"
}

say_keys() {
	local key found=
	for key in "$HOME"/.ssh/bbkey_*; do
		[ -e "$key" ] || continue
		[ -n "$found" ] ||
			say 'Kept: private keys, which servers may still know.'
		found="$found $(printf '%q' "$key")"
		say "    $key"
	done
	[ -n "$found" ] || return 0
	say 'This would delete them:'
	say "    rm --$found"
}

# Before the programs go: hooks point into them.
disable_hooks() {
	[ ! -x "$prefix/bin/git-bbkey" ] ||
		"$prefix/bin/git-bbkey" hooks disable >/dev/null 2>&1 || :
}

uninstall() {
	choose_prefix
	disable_hooks
	[ -z "$system" ] || exclude_for_everyone
	remove_files
	remove_user
	[ -z "$system" ] || say "Everybody else who ran 'git bbkey init' runs" \
		"'./install.sh --uninstall', too."
}

# --- demo -----------------------------------------------------------------

# ask <what>: what the sandbox says of itself, through its control port
ask() {
	"$python" -I - "$temp/ready" "$@" <<-'EOF'
	import json, sys, urllib.request
	ready, what, *words = sys.argv[1:]
	ready = json.load(open(ready))
	straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))

	def get(path):
	    return json.load(straight.open(ready["control"] + path, timeout=10))

	if what == "ready":
	    for word in words:
	        ready = ready[word]
	    print(ready)
	elif what == "events":
	    print(len(get("/events")))
	elif what == "cost":
	    kinds = [e["kind"] for e in get("/events?since=" + words[0])]
	    print(kinds.count("http"), kinds.count("ssh_connect"))
	elif what == "keys":
	    for grant in get("/state")["grants"]:
	        right = grant["permission"].split("_")[-1].lower()
	        print(f"  {grant['project']:5} {right:6} {grant['fingerprint']}")
	EOF
}

# a Python that can run the sandbox
find_python() {
	for python in /usr/bin/python3 python3; do
		"$python" -c 'import aiohttp, asyncssh' 2>/dev/null && return
	done
	if [ "$(uname -s)" != Darwin ] || [ -z "$with_packages" ]; then
		die 'Python lacks aiohttp or asyncssh' \
			'run this without --no-deps'
	fi
	quietly 'get aiohttp and asyncssh' python3 -m venv "$temp/venv"
	python=$temp/venv/bin/python3
	quietly 'get aiohttp and asyncssh' "$python" -m pip install -q \
		aiohttp asyncssh
}

# It ends when we do: its standard input is a pipe that only we hold open.
start_sandbox() {
	local tries=0
	mkfifo "$temp/alive"
	env -i PATH="$PATH" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
		HOME="$temp" TMPDIR="$temp" "$python" "$top/tests/sandbox/run" \
		--dir "$temp/server" --context /bitbucket --until-stdin-closes \
		<"$temp/alive" >"$temp/ready" 2>"$temp/log" &
	sandbox=$!
	exec 9>"$temp/alive"
	until [ -s "$temp/ready" ]; do
		tries=$((tries + 1))
		if [ "$tries" -gt 300 ] ||
		   ! kill -0 "$sandbox" 2>/dev/null; then
			tail -n 20 "$temp/log" >&2
			die 'the sandbox does not start'
		fi
		sleep 0.1
	done
}

stop_sandbox() {
	exec 9>&-
	kill "$sandbox" 2>/dev/null || :
	wait "$sandbox" 2>/dev/null || :
	sandbox=
}

# The ssh of the demo: OpenSSH takes the home folder from the password
# database, not from HOME, and would look at the person's own files.
make_ssh() {
	local ssh
	ssh=$(command -v ssh) || die "the program 'ssh' is missing"
	cat >"$demo/bin/ssh" <<-EOF
	#!/bin/sh
	exec '$ssh' -F none -o IdentityFile=none -o BatchMode=yes \\
		-o UserKnownHostsFile='$demo/home/.ssh/known_hosts' "\$@"
	EOF
	chmod 755 "$demo/bin/ssh"
}

# Nothing of the person's environment gets in: no configuration, agent, proxy.
in_demo() {
	(cd "$demo/home" && exec env -i HOME="$demo/home" \
		PATH="$demo/bin:$prefix/bin:$PATH" TMPDIR="$temp" \
		TERM="${TERM:-dumb}" LANG="${LC_ALL:-${LANG:-C}}" \
		${NO_COLOR:+NO_COLOR="$NO_COLOR"} USER="$(id -un)" \
		GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 \
		BBKEY_URL="$base" BBKEY_TOKEN="$token" "$@" 9>&- </dev/null)
}

prompt() {
	printf '%s$ %s%s\n' "$bold" "$*" "$plain"
}

# Shows a command and what it prints.
show() {
	prompt "$@"
	in_demo "$@" 2>&1 && return
	die "the demo has failed: '$*'"
}

title() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
	shift
	[ $# -eq 0 ] || say "$@"
	say
}

paint() {
	bold=
	plain=
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]
	then
		bold=$(printf '\033[1m')
		plain=$(printf '\033[0m')
	fi
}

demo_enrol() {
	title '1. Say once which Bitbucket is yours' \
'A project admin'\''s HTTP token is in the environment, the instance'\''s own CA
in the git configuration. No key is made yet, nothing is registered.'
	prompt "export BBKEY_URL=$base"
	prompt 'export BBKEY_TOKEN=...'
	prompt "git config --global http.$base.sslCAInfo ~/ca.pem"
	in_demo git config --global "http.$base.sslCAInfo" "$demo/home/ca.pem" ||
		die 'the demo has failed: git config'
	show git bbkey init "$base" --auto always
}

demo_clone() {
	title '2. Clone, plainly' \
"The server knows $(ask keys | grep -c .) access keys; \
project PROJ has never seen this machine.
Its https address is carried over SSH; inside the clone a key is made, and
registered on the project."
	show git clone "$base/scm/proj/app.git"
	say
	say 'Another project, by its SSH address. The same key is registered there:'
	say
	show git clone "$ssh_url/lib/core.git"
}

demo_fetch() {
	local before cost
	title '4. From now on it costs nothing' \
"git's own SSH connection, and not one request more:"
	before=$(ask events)
	show git -C app fetch
	cost=$(ask cost "$before")
	say "Counted by the server: ${cost% *} HTTP requests," \
		"${cost#* } SSH connection."
	[ "$cost" = '0 1' ] ||
		die 'the demo has failed: that should be 0 and 1'
}

run_demo() {
	base=$(ask ready base_url)
	ssh_url=$(ask ready ssh_url)
	token=$(ask ready tokens project_admin)
	cp "$(ask ready ca)" "$demo/home/ca.pem"
	demo_enrol
	demo_clone
	title '3. What is set up, and does it work?'
	show git -C app bbkey status
	demo_fetch
	title '5. What the server has now' \
'The same key on two projects, to read them and nothing else. It belongs to
this machine, to nobody'\''s account:'
	ask keys
	[ "$(ask keys | grep -c ' read ')" -eq 2 ] ||
		die 'the demo has failed: that should be two, to read'
}

demo_all() {
	packages="$build_packages $demo_packages"
	[ "$(uname -s)" != Darwin ] ||
		packages="$brew_packages $brew_demo_packages"
	install_packages
	build_release
	find_python
	demo=$temp/demo
	prefix=$temp/local
	mkdir -p "$demo/bin" "$demo/home/.ssh"
	chmod 700 "$demo/home" "$demo/home/.ssh"
	choose_prefix
	install_files
	make_ssh
	paint
	say 'Starting a Bitbucket on loopback'
	start_sandbox
	run_demo
	stop_sandbox
	clean_up
	say
	say 'The server, the home and this installation are gone again.'
	say "'./install.sh' installs git-bbkey to stay."
}

# --- main -----------------------------------------------------------------

clean_up() {
	trap '' HUP INT TERM
	[ -z "$sandbox" ] || stop_sandbox
	[ -z "$temp" ] || rm -rf "$temp"
	temp=
	trap - EXIT
}

open_temp() {
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	temp=$(mktemp -d "${TMPDIR:-/tmp}/git-bbkey.XXXXXX")
	temp=$(cd "$temp" && pwd -P)
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix)
			[ $# -gt 1 ] || bad_usage '--prefix needs a folder'
			prefix=$2
			shift ;;
		--prefix=*) prefix=${1#*=} ;;
		--system) system=1 ;;
		--no-deps) with_packages= ;;
		--uninstall) action=uninstall ;;
		--demo) action=demo ;;
		--packages) # for tests/run: these and nothing else
			[ $# -eq 2 ] || bad_usage
			action=packages
			packages=$2
			shift ;;
		-h | --help) usage; exit 0 ;;
		*) bad_usage "there is no option '$1'" ;;
		esac
		shift
	done
	if [ "$action" = demo ] && [ -n "$prefix$system" ]; then
		bad_usage '--demo installs nothing to keep'
	fi
}

parse "$@"
open_temp
case $action in
install) install_all ;;
uninstall) uninstall ;;
demo) demo_all ;;
packages) install_packages ;;
esac
