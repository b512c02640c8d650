# The server as an image: docs/deploy.md says how to run it. Packages are fetched once, in the first stage; what is
# left of that stage's cache is what the program was compiled to, so a container fetches and compiles nothing.
FROM denoland/deno:debian-2.9.6 AS build
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1
WORKDIR /app
COPY . .
RUN deno task install \
  && deno run --allow-env --allow-read --node-modules-dir=manual main.ts --version \
  && deno run --no-check --allow-all --node-modules-dir=manual core/engine/main.ts </dev/null

FROM denoland/deno:debian-2.9.6
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data MODELS_DIR=/models
WORKDIR /app
COPY --from=build /app /app
COPY --from=build --chown=deno:deno /deno-dir/gen /deno-dir/gen
RUN mkdir -p /data /models && chown deno:deno /data /deno-dir
USER deno
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["deno", "eval", "--no-config", "const { ok } = await fetch(`http://127.0.0.1:${Deno.env.get('PORT')}/readyz`); Deno.exit(ok ? 0 : 1)"]
CMD ["run", "--no-prompt", "--allow-net", "--allow-env", "--allow-sys=systemMemoryInfo,statfs", "--allow-run", \
  "--node-modules-dir=manual", "--deny-ffi", "--deny-import", \
  "--allow-read=/app,/data,/models", "--allow-write=/data", "main.ts"]
