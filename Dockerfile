# One program, the C library, certificates and an empty /tmp, and nothing else: no shell, no package manager.
FROM rust:1.95-trixie AS build
WORKDIR /source
COPY . .
RUN cargo build --locked --release && strip target/release/bimgate && mkdir /data && \
    deploy/image/root target/release/bimgate /image

FROM scratch
COPY --from=build /image /
# A volume that is mounted here for the first time takes over this owner.
COPY --from=build --chown=65532:65532 --chmod=700 /data /data
USER 65532:65532
# From outside a container only such an address is reached. Set BIMGATE__SERVER__PUBLIC_URL too, to what people type in
# (docker run -e …): what depends on it is told in config/default.toml.
ENV BIMGATE__SERVER__LISTEN=0.0.0.0:8080 BIMGATE__STORE__URL=embedded:/data
EXPOSE 8080
VOLUME /data
# There is no shell: the binary asks itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/usr/local/bin/bimgate", "health"]
ENTRYPOINT ["/usr/local/bin/bimgate"]
CMD ["serve"]
