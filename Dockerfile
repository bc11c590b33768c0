# syntax=docker/dockerfile:1
# Built statically, so that the last stage holds the binary, the public certificate authorities and
# an empty /data, and nothing else.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
# With a target given, even the one of this machine, the flags reach the binary and not the build
# scripts and procedural macros, which have to stay dynamic. The target comes from rustc, so the same
# lines serve x86_64 and arm64.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --target "$target" --bin dovetail \
 && mkdir -p /image/data \
 && cp "target/$target/release/dovetail" /image/dovetail \
 && ! readelf --program-headers /image/dovetail | grep -q INTERP

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /image/dovetail /dovetail
# A volume takes the owner of the folder it covers: that of the user below.
COPY --from=build --chown=65532:65532 /image/data /data

USER 65532:65532
WORKDIR /data
VOLUME /data
ENV DOVETAIL_LISTEN=0.0.0.0:8081 \
    DOVETAIL_DATABASE_URL=sqlite:/data/dovetail.db
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/dovetail", "health"]
ENTRYPOINT ["/dovetail"]
CMD ["serve"]
