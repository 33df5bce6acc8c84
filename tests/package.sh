#!/usr/bin/env bash
# The Debian packages on a clean root: made by debootstrap from where this machine gets its packages, with nothing in
# it but Debian's minimum. Installed, the demo run as a user with no rights, a new plugin written and compiled, removed:
# nothing of them is left. Needs root; `make deb-test` builds the packages first. TAP.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$PWD/build/deb
root=$(mktemp -d)
chmod 755 "$root"
mounted=()
finish() {
    for place in "${mounted[@]}"; do umount "$place"; done
    rm -rf --one-file-system "$root"
}
trap finish EXIT

number=0
failed=0
check() { # WHAT COMMAND…
    local what=$1 code=0
    shift
    number=$((number + 1))
    "$@" >"$root/tmp/said" 2>&1 || code=$?
    if [ $code = 0 ]; then
        echo "ok $number - $what"
    else
        echo "not ok $number - $what"
        sed 's/^/# /' "$root/tmp/said"
        failed=1
    fi
}
inside() { chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { inside setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/user "$@"; }
install() { inside apt-get -qq install -y "$@"; } # with what is recommended, as a person does
# Files that aren't Debian's own; what any installation changes isn't of interest.
listing() {
    find "$root" -xdev \( -path "$root/var/cache" -o -path "$root/var/lib/dpkg" -o -path "$root/var/lib/apt" \
        -o -path "$root/var/log" -o -path "$root/tmp" -o -path "$root/home" -o -path "$root/packages" \) -prune -o -name '*sluice*' -print | sort
}

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort -u | head -n 1)
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$packages/debootstrap.log" 2>&1
for place in proc dev; do
    mount --bind "/$place" "$root/$place"
    mounted=("$root/$place" "${mounted[@]}")
done
mkdir "$root/packages" "$root/home/user"
cp "$packages"/*.deb "$root/packages"
chown 1000:1000 "$root/home/user"
inside apt-get -qq -o APT::Sandbox::User=root update

check "sluice is installed with what it depends on" install "/packages/$(basename "$packages"/sluice_*.deb)"
check "its user was made" inside getent passwd sluice
check "its unit is there" test -f "$root/lib/systemd/system/sluice.service"
check "the program runs" as_user sluice version
check "every plugin is found" as_user sluice plugins list
check "nothing is missing for the pipelines that need what it depends on" \
    as_user env IMEI_CSV=/tmp/x.csv GSM_FUSION_BASE_URL=http://127.0.0.1:9 GSM_FUSION_USERNAME=u GSM_FUSION_API_KEY=k \
    sluice lint /usr/share/doc/sluice/examples/pipelines/place-from-csv.yaml
check "the demo needs sqlite3 besides" install sqlite3
demo=/usr/share/doc/sluice/examples/pipelines/examples/demo.sh
check "the demo runs" as_user DEMO_DIR=/home/user/demo SLUICE=/usr/bin/sluice bash "$demo"
orders() { as_user sqlite3 /home/user/demo/imei_orders.db 'SELECT count(*) FROM orders'; }
before=$(orders || echo 0)
check "its orders are in the database" test "$before" -gt 0
check "again, it orders nothing" as_user DEMO_DIR=/home/user/demo SLUICE=/usr/bin/sluice bash "$demo"
check "and has as many orders as before" test "$(orders)" = "$before"
check "sluice-dev is installed" install gcc libc6-dev pkg-config "/packages/$(basename "$packages"/sluice-dev_*.deb)"
check "it writes a plugin" as_user sh -c 'cd && sluice new plugin acme --kind provider'
check "which compiles with one line" as_user sh -c \
    'cd ~/acme && flags=$(pkg-config --cflags sluice-1) && cc -shared -fPIC -fvisibility=hidden -Wall $flags -o acme.so *.c'
check "and is loaded" as_user sh -c 'cd ~/acme && sluice --plugin-dir . plugins show acme'
check "both are removed" inside apt-get -qq purge -y sluice sluice-dev
check "nothing of them is left" test -z "$(listing)"
listing | sed 's/^/# /'
echo "1..$number"
exit $failed
