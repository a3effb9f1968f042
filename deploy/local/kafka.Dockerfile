# A single-node Apache Kafka (KRaft) for a cluster on one machine: the jars that `make kafka` brings from Maven Central
# (`tools/cluster/dependencies.py` puts them into the context) on Debian's Java.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc/* /usr/share/man/* \
    && useradd --uid 10001 --no-log-init --no-create-home kafka \
    && install -d -o 10001 /var/lib/kafka
COPY jars /opt/kafka/jars
COPY --chmod=755 kafka.sh /usr/local/bin/kafka
USER 10001:10001
EXPOSE 9092
ENTRYPOINT ["/usr/local/bin/kafka"]
