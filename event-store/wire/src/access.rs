//! Who calls, and what that one may do. Decided before a call reaches its service.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use event_store::StreamName;
use sha2::{Digest, Sha256};
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Extensions, Request, Status};

use crate::exception;
use crate::options::{Access, Role, User};

/// Lets known callers through, and notes who they are.
#[derive(Clone)]
pub(crate) struct Guard {
    known: Arc<Known>,
}

struct Known {
    /// `None`: everybody is let through and may do everything.
    users: Option<Vec<(Digested, Role)>>,
    service_categories: Vec<String>,
}

type Digested = [u8; 32];

/// Someone who was let through.
#[derive(Clone)]
pub(crate) struct Caller {
    role: Role,
    known: Arc<Known>,
}

impl Guard {
    pub(crate) fn new(access: &Access, service_categories: Vec<String>) -> Self {
        let users = match access {
            Access::Insecure => None,
            Access::Users(users) => Some(
                users
                    .iter()
                    .map(|User { name, password, role }| (digest(name, password), *role))
                    .collect(),
            ),
        };
        Self { known: Arc::new(Known { users, service_categories }) }
    }

    fn role(&self, metadata: &MetadataMap) -> Result<Role, Status> {
        let Some(users) = &self.known.users else {
            return Ok(Role::Admin);
        };
        let (name, password) = credentials(metadata).ok_or_else(exception::unauthenticated)?;
        let presented = digest(&name, &password);
        let mut found = None;
        // All are compared, each in the same time: neither says who exists.
        for (known, role) in users {
            let difference = known.iter().zip(presented).fold(0, |bits, (a, b)| bits | (a ^ b));
            if std::hint::black_box(difference) == 0 {
                found = Some(*role);
            }
        }
        found.ok_or_else(exception::unauthenticated)
    }
}

impl Interceptor for Guard {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let role = self.role(request.metadata())?;
        let caller = Caller { role, known: Arc::clone(&self.known) };
        request.extensions_mut().insert(caller);
        Ok(request)
    }
}

impl Caller {
    /// Who makes this call. A call that went past the guard is nobody's.
    pub(crate) fn of(extensions: &Extensions) -> Result<Self, Status> {
        extensions.get::<Self>().cloned().ok_or_else(exception::unauthenticated)
    }

    /// Whether the caller may append to this stream, delete it or tombstone it.
    pub(crate) fn may_write(&self, stream: &StreamName) -> Result<(), Status> {
        match self.role {
            Role::Admin | Role::Service => Ok(()),
            Role::Auditor => {
                let name = stream.as_str();
                let ours = name.starts_with('$')
                    || self.known.service_categories.iter().any(|own| own == stream.category());
                Err(exception::access_denied(if ours {
                    "this stream is written by the services alone"
                } else {
                    "auditors only read"
                }))
            }
        }
    }

    /// Whether the caller may make, change, end and consume persistent subscriptions.
    pub(crate) fn may_use_persistent_subscriptions(&self) -> Result<(), Status> {
        match self.role {
            Role::Admin | Role::Service => Ok(()),
            Role::Auditor => Err(exception::access_denied("auditors only read")),
        }
    }
}

/// The name and password of basic authentication.
fn credentials(metadata: &MetadataMap) -> Option<(String, String)> {
    let header = metadata.get("authorization")?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Of a fixed length, whatever was presented, so that comparing takes the same time.
fn digest(name: &str, password: &str) -> Digested {
    let mut hash = Sha256::new();
    hash.update((name.len() as u64).to_le_bytes());
    hash.update(name.as_bytes());
    hash.update(password.as_bytes());
    hash.finalize().into()
}
