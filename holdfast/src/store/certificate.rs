//! A certificate of the data folder's own, for the event store's server on this machine:
//! EventStoreDB's clients for Python and Node send passwords over TLS only.

use std::path::PathBuf;

use anyhow::Context;
use eventstore_wire::Tls;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::data_folder::DataFolder;

const AUTHORITY: &str = "keys/event-store-authority.pem";
const CERTIFICATE: &str = "keys/event-store.pem";
const KEY: &str = "keys/event-store.key";
/// What a client on this machine may call the server.
const NAMES: [&str; 3] = ["127.0.0.1", "::1", "localhost"];

/// A certificate with its key, and where the authority lies that vouches for it.
pub(crate) struct Certificate {
    pub(crate) tls: Tls,
    pub(crate) authority: PathBuf,
}

impl Certificate {
    /// Reads it, or makes it the first time. The authority's key is kept nowhere: it vouches for
    /// this one certificate.
    pub(crate) fn open(data: &DataFolder) -> anyhow::Result<Self> {
        let _setup = data.setup()?;
        let path = |name: &str| data.root().join(name);
        // Written last.
        if !path(CERTIFICATE).try_exists()? {
            make(data).context("cannot make a certificate for the event store")?;
        }
        let read = |name: &str| {
            std::fs::read(path(name))
                .with_context(|| format!("cannot read {}", path(name).display()))
        };
        let tls = Tls { certificate_pem: read(CERTIFICATE)?, key_pem: read(KEY)? };
        Ok(Self { tls, authority: path(AUTHORITY) })
    }

    /// What a connection string needs to say of it.
    pub(crate) fn options(&self) -> String {
        let escaped =
            self.authority.to_string_lossy().bytes().fold(String::new(), |mut all, byte| {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                        all.push(byte.into());
                    }
                    other => all += &format!("%{other:02X}"),
                }
                all
            });
        format!("&tlsCAFile={escaped}")
    }
}

fn make(data: &DataFolder) -> anyhow::Result<()> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    authority.distinguished_name.push(DnType::CommonName, "Holdfast, this data folder only");
    let authority_key = KeyPair::generate()?;
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let mut own = CertificateParams::new(NAMES.map(str::to_owned))?;
    own.distinguished_name.push(DnType::CommonName, "Holdfast's event store");
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &issuer)?;
    data.write_file(AUTHORITY, authority_pem.as_bytes(), 0o644)?;
    data.write_file(KEY, key.serialize_pem().as_bytes(), 0o600)?;
    data.write_file(CERTIFICATE, certificate.pem().as_bytes(), 0o644)?;
    Ok(())
}
