# One image per app; run from the top of the repository:
#   docker build -f infra/images/app.Dockerfile --build-arg APP=gateway -t writ-gateway .

FROM node:22-slim AS build
ARG APP
WORKDIR /writ
COPY package.json package-lock.json tsconfig.json tsconfig.base.json ./
COPY libs libs
COPY apps apps
RUN npm ci --no-audit --no-fund --ignore-scripts \
 && node node_modules/typescript/bin/tsc -b "apps/${APP}"
# Only what this app and its rooms depend on.
RUN rm -rf node_modules apps/*/node_modules libs/*/node_modules \
 && npm ci --no-audit --no-fund --omit=dev --omit=optional --ignore-scripts --workspace="@writ/${APP}"

FROM node:22-slim
ARG APP
ENV NODE_ENV=production
# Volumes take their owner from here.
RUN install -d -o node -g node -m 0700 /var/lib/writ
COPY --from=build /writ /writ
WORKDIR /writ/apps/${APP}
USER node
CMD ["node", "--enable-source-maps", "dist/main.js"]
