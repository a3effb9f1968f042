# A MongoDB server for a cluster on one machine: the binary that this machine already has (`tools/cluster/dependencies.py`
# puts it into the context). Its licence is the SSPL: build it for yourself, push it nowhere.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends libcurl4 libssl3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
    && useradd --uid 10001 --no-log-init --no-create-home mongodb \
    && install -d -o 10001 /var/lib/mongodb
COPY --chmod=755 mongod /usr/local/bin/mongod
USER 10001:10001
EXPOSE 27017
ENTRYPOINT ["mongod", "--dbpath", "/var/lib/mongodb", "--bind_ip_all", "--nounixsocket"]
