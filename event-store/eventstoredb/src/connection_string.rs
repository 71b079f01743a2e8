use crate::ConnectError;

/// What is set where the connection string says nothing: a node is asked every 50 ms instead of
/// 500 (the crate waits that long even before its first attempt), and it is the leader, because a
/// follower's head may lie behind an append that was acknowledged.
const DEFAULTS: [(&str, &str); 3] =
    [("discoveryInterval", "50"), ("maxDiscoverAttempts", "10"), ("nodePreference", "leader")];

/// A connection string that was understood.
#[derive(Clone)]
pub(crate) struct ConnectionString {
    pub(crate) settings: eventstore::ClientSettings,
    /// Without user and password.
    pub(crate) shown: String,
}

impl ConnectionString {
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let shown = shown(url);
        let refused = || ConnectError::ConnectionString { url: shown.clone() };
        if !url.starts_with("esdb://") && !url.starts_with("esdb+discover://") {
            return Err(refused());
        }
        let settings = with_defaults(url).parse().map_err(|_has_the_password| refused())?;
        Ok(Self { settings, shown })
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.settings.is_dns_discovery_enabled() || self.settings.hosts().len() > 1
    }
}

fn with_defaults(url: &str) -> String {
    let mut url = url.to_owned();
    let given = url.split_once('?').map_or("", |(_, query)| query).to_lowercase();
    for (name, value) in DEFAULTS {
        let is_given = given
            .split('&')
            .any(|pair| pair.split('=').next() == Some(name.to_lowercase().as_str()));
        if !is_given {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

/// Scheme and hosts: no user, no password, no query (it may name files).
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "(no scheme)".to_owned();
    };
    // A password may hold what ends the hosts elsewhere, so it goes first.
    let hosts = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
    let hosts = hosts.split('?').next().unwrap_or_default();
    format!("{scheme}://{hosts}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for url in [
            "esdb://admin:geheim@one:2113?tls=false",
            "esdb://admin:ge@heim@one:1,two:2",
            "http://admin:geheim@one",
            "esdb+discover://admin:geheim@one:not-a-port",
            "esdb://admin:geheim@one:1?nodePreference=geheim",
        ] {
            let said = match ConnectionString::parse(url) {
                Ok(parsed) => parsed.shown,
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!said.contains("heim"), "{said}");
            assert!(said.contains("one"), "{said}");
        }
    }

    #[test]
    fn what_is_given_is_kept_and_the_rest_is_set() {
        let plain = ConnectionString::parse("esdb://one:2113").unwrap().settings;
        assert_eq!(plain.discovery_interval().as_millis(), 50);
        assert_eq!(plain.node_preference(), eventstore::NodePreference::Leader);
        let url = "esdb://one:2113?tls=false&DISCOVERYINTERVAL=7&nodePreference=follower";
        let given = ConnectionString::parse(url).unwrap().settings;
        assert_eq!(given.discovery_interval().as_millis(), 7);
        assert_eq!(given.node_preference(), eventstore::NodePreference::Follower);
        assert!(!given.is_secure_mode_enabled());
    }

    #[test]
    fn several_hosts_or_discovery_are_a_cluster() {
        let is_cluster = |url| ConnectionString::parse(url).unwrap().is_cluster();
        assert!(!is_cluster("esdb://one:2113"));
        assert!(is_cluster("esdb://one:2113,two:2113"));
        assert!(is_cluster("esdb+discover://one:2113"));
    }
}
