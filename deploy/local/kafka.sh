#!/bin/sh
# Starts the broker of /etc/kafka/server.properties; prepares its empty folder first.
set -eu
properties=/etc/kafka/server.properties
options=${KAFKA_JAVA_OPTIONS:--Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}
set -- java $options -Djava.io.tmpdir=/tmp -cp '/opt/kafka/jars/*'
data=$(sed -n 's/^log.dirs=//p' "$properties")
if [ ! -f "$data/meta.properties" ]; then
  "$@" kafka.tools.StorageTool format --cluster-id "$("$@" kafka.tools.StorageTool random-uuid)" --config "$properties"
fi
exec "$@" kafka.Kafka "$properties"
