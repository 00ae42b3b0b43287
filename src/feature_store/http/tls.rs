//! Whom to trust: the system's authorities, or those that the user names.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};

use super::{Network, Problem};

/// Returns how TLS is spoken: by the one provider of cryptography in this program, whatever else may be linked in.
pub(super) fn configuration(network: &Network) -> Result<ClientConfig, Problem> {
    let named = network.certificates.is_some() || network.certificate_folder.is_some();
    let found = if named {
        load_certs_from_paths(network.certificates.as_deref(), network.certificate_folder.as_deref())
    } else {
        load_native_certs()
    };
    if named && found.certs.is_empty() {
        return Err(none_found(network, &found));
    }
    let mut roots = RootCertStore::empty();
    // One that cannot be read is one less to trust, as for every other program.
    let _counts = roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Problem::Setting { what: "TLS", reason: error.to_string() })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn none_found(network: &Network, found: &CertificateResult) -> Problem {
    let what = if network.certificates.is_some() { "SSL_CERT_FILE" } else { "SSL_CERT_DIR" };
    let reason = found.errors.first().map_or_else(|| "no certificate is in it".to_owned(), ToString::to_string);
    Problem::Setting { what, reason }
}
