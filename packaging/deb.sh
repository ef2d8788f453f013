#!/usr/bin/env bash
# Makes dist/flow-pipeline_VERSION_ARCH.deb out of what `npm install --global` would install: tools in /usr/lib/flow-pipeline with their run-time
# dependencies, links in /usr/bin, manual pages, systemd units (not started) with the pipelines in /etc/flow-pipeline, and logrotate's file.
#
#     npm ci && packaging/deb.sh && sudo apt install ./dist/flow-pipeline_*.deb
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(node -p "require('./package.json').version")
# native parts of dependencies (lz4) are built for this machine
arch=$(dpkg --print-architecture)
root=dist/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/usr/lib" "$root/usr/bin" "$root/usr/share/doc/flow-pipeline" \
  "$root/lib/systemd/system" "$root/etc/flow-pipeline" "$root/etc/logrotate.d"

npm install --global --prefix "$root/npm" --no-fund --no-audit --silent "./$(node packaging/stage.mjs)"
mv "$root/npm/lib/node_modules/flow-pipeline" "$root/usr/lib/flow-pipeline"
rm -rf "$root/npm"

for tool in "$root"/usr/lib/flow-pipeline/bin/flow-*; do ln -s "../lib/flow-pipeline/bin/$(basename "$tool")" "$root/usr/bin/"; done
for page in "$root"/usr/lib/flow-pipeline/man/*.[17]; do
  folder="$root/usr/share/man/man${page##*.}"
  mkdir -p "$folder"
  gzip -9nc "$page" >"$folder/$(basename "$page").gz"
done
completions=../../../lib/flow-pipeline/completions
mkdir -p "$root"/usr/share/{bash-completion/completions,fish/vendor_completions.d,zsh/vendor-completions}
ln -s "$completions/_flow-tools" "$root/usr/share/zsh/vendor-completions/_flow-tools"
for tool in "$root"/usr/lib/flow-pipeline/bin/flow-*; do
  name=$(basename "$tool")
  ln -s "$completions/flow-tools.bash" "$root/usr/share/bash-completion/completions/$name"
  ln -s "$completions/flow-tools.fish" "$root/usr/share/fish/vendor_completions.d/$name.fish"
done
cp LICENSE "$root/usr/share/doc/flow-pipeline/copyright"
cp packaging/systemd/flow-pipeline@.{service,socket} "$root/lib/systemd/system/"
cp packaging/systemd/*.conf "$root/etc/flow-pipeline/"
cp packaging/systemd/flow-pipeline.logrotate "$root/etc/logrotate.d/flow-pipeline"

(cd "$root" && find etc -type f -printf '/%p\n' | sort) >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: flow-pipeline
Version: $version
Architecture: $arch
Maintainer: the flow-pipeline developers <flow-pipeline@localhost>
Depends: nodejs (>= 20), procps
Section: net
Priority: optional
Description: $(node -p "require('./package.json').description")
 Receives export datagrams, decodes them into one common protobuf message, enriches, filters, sums, prints and ships flows: small tools that
 meet in a shell pipeline.
CONTROL
chmod -R u+rwX,go+rX,go-w "$root"
dpkg-deb --root-owner-group --build "$root" "dist/flow-pipeline_${version}_$arch.deb" >/dev/null
rm -rf "$root"
echo "dist/flow-pipeline_${version}_$arch.deb"
