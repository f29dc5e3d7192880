# Two images from one clone: `city` (core and Node-RED) and `edge` (one building's agent, without the core's packages).
#   docker build --target city -t nadi-city .
#   docker build --target edge -t nadi-edge .
# Nadi runs its TypeScript as it is, so there is no build step.

FROM node:26.10.0-slim AS base
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
COPY edge/package.json edge/package.json

# Install scripts are not run: the one that is needed elsewhere brings Node, which this image has.
FROM base AS city-packages
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM base AS edge-packages
RUN npm ci --workspace edge --omit=dev --ignore-scripts --no-audit --no-fund

FROM base AS edge
COPY --from=edge-packages /app/ ./
COPY bin bin
COPY cli.ts ./
COPY cli cli
COPY city city
COPY edge edge
COPY examples/city.yaml examples/city.yaml
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
# The spool's log is written with every batch of readings: an agent that has stopped reading leaves it alone.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD test -n "$(find /data -name '*.sqlite-wal' -mmin -5)"
ENTRYPOINT ["node", "bin/nadi.mjs", "edge"]
CMD ["--config", "/etc/nadi/building.yaml"]

FROM base AS city
COPY --from=city-packages /app/ ./
COPY bin bin
COPY main.ts cli.ts config.ts ./
COPY cli cli
COPY city city
COPY edge edge
COPY store store
COPY authority authority
COPY broker broker
COPY analytics analytics
COPY api api
COPY flows flows
COPY launch launch
COPY examples examples
# What a mounted volume is owned by follows these folders: /run/nadi is where a Node-RED of its own reads its keys.
RUN mkdir -p /data/flows-link /run/nadi && chown -R node:node /data /run/nadi
# As scripts/cityProcess.json says, and why in docs/decisions/core-memory.md.
ENV NADI_DATA_DIR=/data UV_THREADPOOL_SIZE=16 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
USER node
VOLUME /data
EXPOSE 8080 1883 8883
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=15", "main.ts"]
