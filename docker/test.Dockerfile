# What the ci overlay has besides our two images, where no image registry can be reached. Each stands where a well-known image
# would and takes the same settings. `tools/images.ts` puts the programs into the context.
ARG BASE
ARG MAINLOOP

FROM ${BASE} AS postgres
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/* && usermod -u 999 postgres && groupmod -g 999 postgres
COPY postgres.sh /usr/local/bin/
USER 999:999
ENTRYPOINT ["/usr/local/bin/postgres.sh"]

FROM ${BASE} AS temporal
COPY temporal /usr/local/bin/temporal
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/temporal"]

FROM ${MAINLOOP} AS demo
COPY act /usr/local/bin/act
