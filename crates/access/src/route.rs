use crate::Role;

/// A route of an API, and who may call it.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, as a pattern: `/v1/holds/{hold_id}`.
    pub path: &'static str,
    /// The roles that may call it.
    pub roles: &'static [Role],
}

impl Route {
    /// A route, and who may call it.
    pub const fn new(method: &'static str, path: &'static str, roles: &'static [Role]) -> Self {
        Self { method, path, roles }
    }
}
