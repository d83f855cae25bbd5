# Two images: `--target app` serves the web app; `--target worker` runs the worker, and commands with
# `rowhouse COMMAND`. `npm run test:container` builds and runs both.

# for a mirror: --build-arg BASE_IMAGE=…
ARG BASE_IMAGE=node:24-bookworm-slim

FROM ${BASE_IMAGE} AS sources
WORKDIR /rowhouse
COPY package.json package-lock.json ./
COPY packages/tenancy/package.json packages/tenancy/
RUN npm ci --no-audit --no-fund
COPY . .

FROM sources AS app-build
# Next copies sources, which its bundles contain, and sharp, which only optimised images need.
RUN NEXT_TELEMETRY_DISABLED=1 npx next build \
  && cp -r .next/static .next/standalone/.next/ \
  && find .next/standalone/db -name '*.ts' -delete \
  && rm -rf .next/standalone/node_modules/@img .next/standalone/node_modules/sharp

FROM sources AS worker-build
RUN node scripts/container/prune-worker.ts && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE_IMAGE} AS base
ENV NODE_ENV=production EXPORT_DIR=/exports
# the only folder that is written to; apps and workers share it
RUN mkdir /exports && chown node:node /exports
WORKDIR /rowhouse
STOPSIGNAL SIGTERM

FROM base AS worker
ENV WORKER_PORT=9464
COPY --from=worker-build /rowhouse/node_modules node_modules
COPY --from=worker-build /rowhouse/package.json ./
COPY --from=worker-build /rowhouse/drizzle drizzle
COPY --from=worker-build /rowhouse/packages packages
COPY --from=worker-build /rowhouse/db db
RUN printf '#!/bin/sh\ncd /rowhouse && exec node db/cli/main.ts "$@"\n' > /usr/local/bin/rowhouse && chmod 755 /usr/local/bin/rowhouse
# by number, so that Kubernetes can tell that it is not root
USER 1000:1000
EXPOSE 9464
CMD ["node", "db/worker.ts"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

FROM base AS app
ENV HOSTNAME=0.0.0.0 PORT=3000 NEXT_MANUAL_SIG_HANDLE=1 NEXT_TELEMETRY_DISABLED=1
COPY --from=app-build /rowhouse/.next/standalone ./
USER 1000:1000
EXPOSE 3000
CMD ["node", "server.js"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
