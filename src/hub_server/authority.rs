//! The certificate authority of a hub, made once and kept in its volume, and the certificate of its registries, made anew at each start.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{ServeError, failed};
use crate::home::write_whole;

/// The year until which the certificates are good: a hub is for tests, and seldom lives that long.
const UNTIL: i32 = 2049;

/// The authority of a hub.
#[derive(Debug)]
pub(super) struct Authority {
    key: KeyPair,
    /// Its certificate, as PEM: what is installed where the hub is to be trusted.
    pub(super) certificate: String,
}

impl Authority {
    /// Returns the authority that is kept in a folder; made where there is none.
    pub(super) fn of(folder: &Path) -> Result<Self, ServeError> {
        let (key_path, path) = (folder.join("ca.key"), folder.join("ca.crt"));
        if let (Ok(key), Ok(certificate)) = (std::fs::read_to_string(&key_path), std::fs::read_to_string(&path)) {
            let key = KeyPair::from_pem(&key).map_err(failed("read", &key_path))?;
            return Ok(Self { key, certificate });
        }
        let key = KeyPair::generate().map_err(failed("make", &key_path))?;
        let certificate = params().self_signed(&key).map_err(failed("make", &path))?.pem();
        let keep = |path: &Path, text: &str| {
            write_whole(path, text.as_bytes()).map_err(|error| failed("write", path)(std::io::Error::other(error)))
        };
        // The certificate comes last: without it the key is nobody's.
        keep(&key_path, &key.serialize_pem())?;
        keep(&path, &certificate)?;
        Ok(Self { key, certificate })
    }

    /// Returns a certificate for these names.
    fn certify(&self, names: Vec<String>) -> Result<CertifiedKey, ServeError> {
        let fail = |error: rcgen::Error| ServeError::Certificate { reason: error.to_string() };
        let key = KeyPair::generate().map_err(fail)?;
        let mut leaf = CertificateParams::new(names).map_err(fail)?;
        leaf.distinguished_name = name("localspace hub");
        leaf.not_after = rcgen::date_time_ymd(UNTIL, 1, 1);
        leaf.not_before = rcgen::date_time_ymd(2020, 1, 1);
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let issuer = Issuer::new(params(), &self.key);
        let certificate = leaf.signed_by(&key, &issuer).map_err(fail)?;
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signing = rustls::crypto::ring::sign::any_supported_type(&secret);
        let signing = signing.map_err(|error| ServeError::Certificate { reason: error.to_string() })?;
        Ok(CertifiedKey::new(vec![certificate.der().clone()], signing))
    }
}

fn name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

/// Returns what the authority's certificate says, which is the same each time.
fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("localspace hub: an authority for tests");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(UNTIL, 1, 1);
    params
}

/// Shows the certificate to who asks for one of its names, and to nobody else.
#[derive(Debug)]
pub(super) struct Names {
    current: RwLock<(Vec<String>, Arc<CertifiedKey>)>,
}

impl Names {
    /// Returns the certificate for these names.
    pub(super) fn new(authority: &Authority, names: Vec<String>) -> Result<Self, ServeError> {
        let certified = Arc::new(authority.certify(names.clone())?);
        Ok(Self { current: RwLock::new((names, certified)) })
    }

    /// Replaces the names.
    pub(super) fn set(&self, authority: &Authority, names: Vec<String>) -> Result<(), ServeError> {
        let certified = Arc::new(authority.certify(names.clone())?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (names, certified);
        Ok(())
    }
}

impl ResolvesServerCert for Names {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name()?;
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let (names, certified) = &*current;
        names.iter().any(|name| name.eq_ignore_ascii_case(asked)).then(|| certified.clone())
    }
}

/// Returns how TLS is spoken.
pub(super) fn configuration(names: Arc<Names>) -> Result<Arc<ServerConfig>, ServeError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| ServeError::Certificate { reason: error.to_string() })?;
    Ok(Arc::new(builder.with_no_client_auth().with_cert_resolver(names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Authority::of(folder.path()).expect("made");
        let second = Authority::of(folder.path()).expect("read");
        assert_eq!(first.certificate, second.certificate);
        assert_eq!(first.key.serialize_der(), second.key.serialize_der());
        let names = Names::new(&second, vec!["ghcr.io".to_owned()]).expect("certified");
        names.set(&second, vec!["ghcr.io".to_owned(), "acme.azurecr.io".to_owned()]).expect("certified");
    }
}
