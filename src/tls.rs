//! TLS for connections that this program opens.

/// Makes aws-lc-rs what every TLS connection of this process is built on. Call it before the first is set up; again
/// does nothing.
pub fn use_aws_lc() {
    // Refused when there is one already: it is the same one, nothing else is compiled in.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
