//! Which user a private Postgres runs as: ours, or, because Postgres refuses to run as root, the
//! system's `postgres` or `nobody`.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use super::ServerError;

/// An unprivileged account of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct SystemUser {
    uid: u32,
    gid: u32,
}

/// `None` when we are not root and Postgres can run as ourselves.
pub(super) fn for_postgres() -> Result<Option<SystemUser>, ServerError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let path = Path::new("/etc/passwd");
    let accounts =
        fs::read_to_string(path).map_err(ServerError::io("Postgres", "reading", path))?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| look_up(&accounts, name))
        .map(Some)
        .ok_or(ServerError::NoUser)
}

/// `name:password:uid:gid:…`
fn look_up(accounts: &str, name: &str) -> Option<SystemUser> {
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    (uid != 0).then_some(SystemUser { uid, gid })
}

impl SystemUser {
    /// The options of `setpriv` that turn into this user for good.
    pub(super) fn setpriv_options(self) -> [String; 3] {
        [format!("--reuid={}", self.uid), format!("--regid={}", self.gid), "--init-groups".into()]
    }

    /// Gives a file or folder to this user.
    pub(super) fn give(self, path: &Path) -> Result<(), ServerError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(ServerError::io(
            "Postgres",
            "giving to Postgres' user",
            path,
        ))
    }

    /// Whether this user can get into that folder, tried for real rather than worked out from the
    /// modes of every folder above it.
    pub(super) fn reaches(self, setpriv: &Path, folder: &Path) -> bool {
        Command::new(setpriv)
            .args(self.setpriv_options())
            .args(["test", "-x"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_account_by_its_whole_name_and_never_root() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\nnobody2:x:5:6::/:/bin/sh\nnobody:x:7:8::/:/bin/sh\n";
        let user = look_up(accounts, "nobody").unwrap();
        assert_eq!((user.uid, user.gid), (7, 8));
        assert!(look_up(accounts, "root").is_none());
        assert!(look_up(accounts, "postgres").is_none());
    }
}
