#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real S3 server for tests (Ceph's RADOS gateway over one object store in memory), with all that it has in
# one folder, on free ports of the loopback.
# Use: tools/s3-server.sh start DIR   starts it and prints the address of its bucket "garner"; there is one
#                                     with object lock beside it, "garner-locked", and the keys of both are
#                                     in DIR/credentials
#      tools/s3-server.sh stop DIR    stops it; what it held is lost
set -eu
use() { echo "use: $0 start|stop DIR" >&2 && exit 2; }
[ $# = 2 ] || use
folder=$(realpath -m "$2")
export CEPH_CONF="$folder/ceph.conf"

for program in ceph-mon ceph-osd radosgw radosgw-admin monmaptool uuidgen curl; do
	command -v "$program" >/dev/null 2>&1 && continue
	echo "Ceph is not installed: apt-get install radosgw ceph-mon ceph-osd ceph-common uuid-runtime curl" >&2
	exit 1
done

configure() {
	mkdir -p "$folder/mon" "$folder/osd" "$folder/log"
	chmod 700 "$folder"
	# Ports that are free now; only one who is told of them later can take them.
	node -e '
		const net = require("net"), servers = [0, 0, 0].map(() => net.createServer().listen(0, "127.0.0.1"));
		setTimeout(() => servers.forEach((s) => { console.log(s.address().port); s.close(); }), 50);
	' >"$folder/ports"
	{ read -r mon_1 && read -r mon_2 && read -r port; } <"$folder/ports"
	fsid=$(uuidgen)
	echo "access_key $(uuidgen)" >"$folder/credentials"
	echo "secret_key $(uuidgen)" >>"$folder/credentials"
	chmod 600 "$folder/credentials"
	cat >"$CEPH_CONF" <<-END
		[global]
		fsid = $fsid
		mon host = [v2:127.0.0.1:$mon_2,v1:127.0.0.1:$mon_1]
		public addr = 127.0.0.1
		cluster addr = 127.0.0.1
		auth cluster required = cephx
		auth service required = cephx
		auth client required = cephx
		keyring = $folder/keyring
		osd pool default size = 1
		osd pool default min size = 1
		mon allow pool size one = true
		osd crush chooseleaf type = 0
		osd pool default pg num = 4
		osd pool default pgp num = 4
		mon max pg per osd = 2000
		run dir = $folder
		log file = $folder/log/\$name.log
		admin socket = $folder/\$name.asok
		pid file = $folder/\$name.pid
		mon data = $folder/mon
		osd data = $folder/osd
		osd objectstore = memstore
		memstore device bytes = 2147483648
		osd class load list = *
		osd class default list = *
		ms bind ipv6 = false
		rgw dns name = localhost
	END
}

start_store() {
	monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_2,v1:127.0.0.1:$mon_1]" "$folder/monmap"
	ceph-authtool --create-keyring "$folder/keyring" --gen-key -n mon. --cap mon 'allow *'
	ceph-authtool "$folder/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
	ceph-mon --mkfs -i a --monmap "$folder/monmap" --keyring "$folder/keyring"
	ceph-mon -i a
	for _ in $(seq 30); do
		timeout 5 ceph -s >/dev/null 2>&1 && break
		sleep 0.5
	done
	ceph osd new "$(uuidgen)"
	ceph auth get-or-create osd.0 mon 'allow profile osd' osd 'allow *' >>"$folder/keyring"
	ceph-osd -i 0 --mkfs --osd-uuid "$(ceph osd dump -f json | node -e '
		let text = "";
		process.stdin.on("data", (d) => { text += d; }).on("end", () => console.log(JSON.parse(text).osds[0].uuid));')"
	ceph-osd -i 0
}

start_gateway() {
	access=$(sed -n 's/^access_key //p' "$folder/credentials")
	secret=$(sed -n 's/^secret_key //p' "$folder/credentials")
	radosgw-admin user create --uid=garner --display-name=garner --access-key="$access" --secret-key="$secret"
	radosgw -n client.admin --rgw-frontends="beast endpoint=127.0.0.1:$port" --rgw-thread-pool-size=16 \
		--keyring "$folder/keyring" --pid-file "$folder/radosgw.pid" --log-file "$folder/log/radosgw.log"
	for _ in $(seq 120); do
		curl -s -o /dev/null "http://127.0.0.1:$port/" && break
		sleep 0.5
	done
	make_bucket garner
	make_bucket garner-locked -H 'x-amz-bucket-object-lock-enabled: true'
}

make_bucket() { # NAME, more of curl's options; the keys go by a file, not by an argument
	name=$1
	shift
	printf 'user = "%s:%s"\n' "$access" "$secret" | curl -sS --fail --config - --aws-sigv4 aws:amz:us-east-1:s3 \
		-H 'x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \
		"$@" -X PUT "http://127.0.0.1:$port/$name"
}

stop() {
	for name in radosgw osd.0 mon.a; do
		[ -f "$folder/$name.pid" ] || continue
		pid=$(cat "$folder/$name.pid")
		kill "$pid" 2>/dev/null || true
		for _ in $(seq 50); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -9 "$pid" 2>/dev/null || true
		rm -f "$folder/$name.pid"
	done
}

case $1 in
start)
	configure
	if ! (start_store && start_gateway) >"$folder/log/start" 2>&1; then
		tail -n 20 "$folder/log/start" >&2
		stop
		exit 1
	fi
	echo "http://127.0.0.1:$(tail -n 1 "$folder/ports")/garner"
	;;
stop)
	stop
	;;
*)
	use
	;;
esac
