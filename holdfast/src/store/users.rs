use std::net::SocketAddr;

use eventstore_wire::{Role, User};

use crate::data_folder::DataFolder;
use crate::servers::secret::password;

/// The users of the event store's server: who may do what, by name.
const USERS: [(&str, Role); 3] =
    [("admin", Role::Admin), ("service", Role::Service), ("auditor", Role::Auditor)];

/// The users of one data folder's event store, with passwords that were drawn once and are kept
/// for the owner's eyes only.
pub(crate) struct Users(Vec<User>);

impl Users {
    /// Reads the passwords, or draws them the first time.
    pub(crate) fn open(data: &DataFolder) -> anyhow::Result<Self> {
        let _setup = data.setup()?;
        let users = USERS.iter().map(|(name, role)| -> anyhow::Result<User> {
            let password = password(data, &format!("keys/event-store-{name}.password"))?;
            Ok(User { name: (*name).into(), password, role: *role })
        });
        users.collect::<Result<_, _>>().map(Self)
    }

    /// Those who only read: where a program relies on being the log's one writer.
    pub(crate) fn auditors(mut self) -> Self {
        self.0.retain(|user| user.role == Role::Auditor);
        self
    }

    pub(crate) fn list(&self) -> Vec<User> {
        self.0.clone()
    }

    /// The connection string of one user; of nobody when there is no such user.
    pub(crate) fn connection_string(&self, name: &str, address: SocketAddr, tls: bool) -> String {
        let all = self.connection_strings(address, tls);
        let own = all.filter(|(user, _)| *user == name).map(|(_, url)| url).next();
        own.unwrap_or_else(|| format!("esdb://{address}?tls={tls}"))
    }

    /// The names with their connection strings.
    pub(crate) fn connection_strings(
        &self,
        address: SocketAddr,
        tls: bool,
    ) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(move |user| {
            let User { name, password, .. } = user;
            (name.as_str(), format!("esdb://{name}:{password}@{address}?tls={tls}"))
        })
    }
}
