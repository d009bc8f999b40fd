//! TLS for connections that this program opens.

/// Makes every TLS connection of this process use aws-lc-rs. Call it before the first connection; a second call does
/// nothing.
pub fn use_aws_lc() {
    // Refused if a provider is set already; that is aws-lc-rs too, since no other is compiled in.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
