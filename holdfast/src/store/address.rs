use std::path::PathBuf;

/// Where a log is: `embedded:DIR`, the engine of a data folder, or `esdb://…`, a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The log in a data folder.
    Embedded(PathBuf),
    /// The connection string of a server that speaks EventStoreDB's protocol.
    Server(String),
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(folder) = text.strip_prefix("embedded:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Embedded(folder.into()));
        }
        connection_string(text).map(Self::Server).map_err(|_| {
            "expected embedded:DIR (a data folder) or esdb://HOST:PORT (a connection string)".into()
        })
    }
}

/// Refuses what is no connection string. Not a parser of the command line's own: those show what
/// they refuse, and it may hold a password.
pub(crate) fn check_connection_string(text: &str) -> anyhow::Result<()> {
    connection_string(text)
        .map(drop)
        .map_err(|expected| anyhow::anyhow!("the event store's address cannot be read: {expected}"))
}

/// Checks what the adapter would refuse later, in other words.
fn connection_string(text: &str) -> Result<String, String> {
    let schemes = ["esdb://", "esdb+discover://"];
    if schemes.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        return Ok(text.to_owned());
    }
    Err("expected esdb://HOST:PORT or esdb+discover://HOST:PORT".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_a_server_and_nothing_else_is_an_address() {
        let read = |text: &str| text.parse::<Address>();
        assert_eq!(read("embedded:/a b"), Ok(Address::Embedded("/a b".into())));
        let server = "esdb://admin:x@127.0.0.1:2113?tls=false";
        assert_eq!(read(server), Ok(Address::Server(server.into())));
        assert!(matches!(read("esdb+discover://cluster:2113"), Ok(Address::Server(_))));
        for bad in ["", "embedded:", "/a/folder", "esdb://", "http://127.0.0.1:2113"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
