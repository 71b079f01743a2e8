use std::fmt;
use std::net::SocketAddr;

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may call.
    pub access: Access,
    /// The server's certificate; without one connections are not encrypted.
    pub tls: Option<Tls>,
    /// Categories whose streams are written by our own services alone. On a server with users
    /// they and all `$` streams refuse every role but service and admin, by name.
    pub service_categories: Vec<String>,
}

/// Who may call.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everybody may do everything: on loopback addresses only.
    Insecure,
    /// These, by name and password.
    Users(Vec<User>),
}

/// Someone who may call.
#[derive(Clone)]
pub struct User {
    /// As the client says it; compared exactly.
    pub name: String,
    /// As the client says it; compared exactly.
    pub password: String,
    /// What the user may do.
    pub role: Role,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Append, read, delete, and persistent subscriptions.
    Service,
    /// Read, the whole log too.
    Auditor,
}

/// A certificate and its key.
#[derive(Clone)]
pub struct Tls {
    /// The certificate, and those up to the authority's, in PEM.
    pub certificate_pem: Vec<u8>,
    /// The private key, in PEM.
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
