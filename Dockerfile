# The toolkit in an image: every tool is on the PATH, the command is a pipeline.
#
#     docker build -t flow-pipeline .
#     docker run --rm -p 2055:2055/udp flow-pipeline 'flow-listen | flow-decode | flow-format'
FROM node:22-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
RUN apt-get update && apt-get install -y --no-install-recommends procps tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/bin bin
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/dist/proto dist/proto
COPY --from=build /app/node_modules node_modules
ENV PATH=/app/bin:$PATH
USER node
EXPOSE 2055/udp 4739/udp 6343/udp 8080/tcp
# a shell passes no SIGTERM on: tini signals the whole group, so that flow-listen drains and the filters finish
ENTRYPOINT ["tini", "-g", "--", "sh", "-c"]
CMD ["flow-listen | flow-decode | flow-format"]
