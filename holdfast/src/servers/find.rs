//! Where the servers' programs are on this machine.
//!
//! What the environment names wins, then PATH, then where Debian and `make run` put them.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ServerError;

const POSTGRES_REMEDY: &str = "install it with `apt-get install postgresql`, or start with `make run`, or name its folder in HOLDFAST_POSTGRES_BIN";
const NATS_REMEDY: &str =
    "start with `make run`, which brings one, or name one in HOLDFAST_NATS_SERVER";
const SETPRIV_REMEDY: &str = "install it with `apt-get install util-linux`";

/// The first nats-server whose JetStream has what the announcements use.
const OLDEST_NATS: (u32, u32) = (2, 10);

/// Where to look; filled from the environment at the start of a program, by hand in tests.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// `HOLDFAST_POSTGRES_BIN`: the folder with `postgres` and `initdb`, to the exclusion of others.
    pub postgres_bin: Option<PathBuf>,
    /// `HOLDFAST_NATS_SERVER`: the program itself, to the exclusion of others.
    pub nats_server: Option<PathBuf>,
    /// `PATH`.
    pub path: OsString,
    /// Folders that hold a folder per Postgres version (Debian's way).
    pub postgres_roots: Vec<PathBuf>,
    /// Folders beside a checkout that may hold `nats-server`.
    pub tools: Vec<PathBuf>,
}

impl Search {
    /// As the environment says. The only place here that reads it.
    #[must_use]
    pub fn from_environment() -> Self {
        let beside_program = env::current_exe().ok().and_then(|program| {
            // REPO/target/debug/holdfast
            Some(program.parent()?.parent()?.parent()?.join(".tools/bin"))
        });
        let beside_test = env::current_exe().ok().and_then(|program| {
            // REPO/target/debug/deps/servers-…
            Some(program.parent()?.parent()?.parent()?.parent()?.join(".tools/bin"))
        });
        let here = env::current_dir().ok().map(|folder| folder.join(".tools/bin"));
        let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            postgres_bin: named("HOLDFAST_POSTGRES_BIN"),
            nats_server: named("HOLDFAST_NATS_SERVER"),
            path: env::var_os("PATH").unwrap_or_default(),
            postgres_roots: vec![PathBuf::from("/usr/lib/postgresql")],
            tools: [here, beside_program, beside_test].into_iter().flatten().collect(),
        }
    }

    /// The folder with `postgres` and `initdb`: the one of version `made_by` when there is a
    /// cluster already, else the first on PATH, else the newest.
    pub(super) fn postgres(&self, cluster: &Path) -> Result<PathBuf, ServerError> {
        let made_by = fs::read_to_string(cluster.join("PG_VERSION")).ok();
        let mut found = self.postgres_folders();
        found.retain(|folder| {
            is_program(&folder.join("initdb")) && is_program(&folder.join("postgres"))
        });
        let Some(made_by) = made_by else {
            return found.into_iter().next().ok_or_else(|| ServerError::Missing {
                program: "postgres",
                remedy: POSTGRES_REMEDY.to_owned(),
            });
        };
        if found.is_empty() {
            return Err(ServerError::Missing {
                program: "postgres",
                remedy: POSTGRES_REMEDY.to_owned(),
            });
        }
        let made_by = made_by.trim().to_owned();
        found
            .into_iter()
            .find(|folder| postgres_major(folder).as_deref() == Some(&made_by))
            .ok_or_else(|| ServerError::OtherMajor { folder: cluster.to_owned(), made_by })
    }

    /// Best first.
    fn postgres_folders(&self) -> Vec<PathBuf> {
        if let Some(named) = &self.postgres_bin {
            return vec![named.clone()];
        }
        // A link such as /usr/local/bin/postgres leads to the folder that has the rest.
        let on_path = self.on_path("postgres").into_iter().filter_map(|program| {
            let beside = program.parent()?.to_owned();
            if is_program(&beside.join("initdb")) {
                return Some(beside);
            }
            Some(program.canonicalize().ok()?.parent()?.to_owned())
        });
        let mut versions: Vec<(u32, PathBuf)> = self
            .postgres_roots
            .iter()
            .filter_map(|root| fs::read_dir(root).ok())
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        versions.sort();
        on_path.chain(versions.into_iter().rev().map(|(_, folder)| folder)).collect()
    }

    /// A nats-server that is new enough.
    pub(super) fn nats_server(&self) -> Result<PathBuf, ServerError> {
        let candidates = match &self.nats_server {
            Some(named) => vec![named.clone()],
            None => {
                let brought = self.tools.iter().map(|folder| folder.join("nats-server"));
                self.on_path("nats-server").into_iter().chain(brought).collect()
            }
        };
        let mut too_old = None;
        for path in candidates.into_iter().filter(|path| is_program(path)) {
            let words = version_words(&path);
            match parse_nats_version(&words) {
                Some(version) if version >= OLDEST_NATS => return Ok(path),
                _ => {
                    too_old.get_or_insert(ServerError::TooOld {
                        program: "nats-server",
                        path,
                        found: words.trim().trim_start_matches("nats-server: ").to_owned(),
                        needed: "2.10",
                        remedy: NATS_REMEDY.to_owned(),
                    });
                }
            }
        }
        Err(too_old.unwrap_or_else(|| ServerError::Missing {
            program: "nats-server",
            remedy: NATS_REMEDY.to_owned(),
        }))
    }

    /// util-linux' `setpriv`, which ties a child's life to ours.
    pub(super) fn setpriv(&self) -> Result<PathBuf, ServerError> {
        let usual = [PathBuf::from("/usr/bin/setpriv"), PathBuf::from("/bin/setpriv")];
        self.on_path("setpriv").into_iter().chain(usual).find(|path| is_program(path)).ok_or_else(
            || ServerError::Missing { program: "setpriv", remedy: SETPRIV_REMEDY.to_owned() },
        )
    }

    fn on_path(&self, program: &str) -> Vec<PathBuf> {
        env::split_paths(&self.path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(program))
            .filter(|path| is_program(path))
            .collect()
    }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn version_words(program: &Path) -> String {
    match Command::new(program).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => error.to_string(),
    }
}

/// `nats-server: v2.15.1`
fn parse_nats_version(words: &str) -> Option<(u32, u32)> {
    let mut numbers = words.trim().rsplit_once('v')?.1.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// `postgres (PostgreSQL) 15.14 (Debian …)`
fn postgres_major(folder: &Path) -> Option<String> {
    let words = version_words(&folder.join("postgres"));
    let version = words.split_once("(PostgreSQL) ")?.1;
    Some(version.split(|letter: char| !letter.is_ascii_digit()).next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_a_nats_server() {
        assert_eq!(parse_nats_version("nats-server: v2.15.1\n"), Some((2, 15)));
        assert_eq!(parse_nats_version("nats-server: v2.9.10"), Some((2, 9)));
        assert_eq!(parse_nats_version("Permission denied"), None);
        assert!(parse_nats_version("nats-server: v2.9.10") < Some(OLDEST_NATS));
    }

    #[test]
    fn a_missing_program_is_named_with_what_to_install() {
        let nowhere = Search::default();
        let postgres = nowhere.postgres(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(postgres.contains("apt-get install postgresql"), "{postgres}");
        let nats = nowhere.nats_server().unwrap_err().to_string();
        assert!(nats.starts_with("nats-server is missing") && nats.contains("make run"), "{nats}");
    }

    #[test]
    fn an_old_nats_server_is_refused_with_its_version() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("nats-server");
        fs::write(&program, "#!/bin/sh\necho nats-server: v2.9.10\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let search = Search { nats_server: Some(program), ..Search::default() };
        let words = search.nats_server().unwrap_err().to_string();
        assert!(words.contains("v2.9.10") && words.contains("2.10 or newer"), "{words}");
    }
}
