# The toolkit in an image: every tool is on the PATH, the command is a pipeline.
#
#     docker build -t flow-pipeline .
#     docker run --rm -p 2055:2055/udp flow-pipeline 'flow-listen | flow-decode | flow-format -format table'
FROM node:24-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run --silent build \
    && npm install --global --prefix /opt/flow --no-audit --no-fund "./$(node packaging/stage.mjs)"

FROM node:24-slim
RUN apt-get update && apt-get install -y --no-install-recommends procps tini && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/flow /usr/local
USER nobody
EXPOSE 2055/udp 4739/udp 6343/udp 8080/tcp
# of a pipeline in which a tool serves at -addr :8080, as the default one's flow-decode does
HEALTHCHECK --interval=30s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/__health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# a shell passes no SIGTERM on: tini signals the whole group, so that flow-listen drains and the filters finish; the shell, with whose end the container
# ends, waits for them
ENTRYPOINT ["tini", "-g", "--", "bash", "-o", "pipefail", "-c", "trap : TERM INT; eval \"$0\""]
CMD ["flow-listen | flow-decode -addr :8080 | flow-format"]
