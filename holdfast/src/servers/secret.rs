//! Generated passwords of the private servers and of the event store's users: in the data folder, readable by its owner only.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::ServerError;
use crate::data_folder::DataFolder;

/// The password in the file of that name, made on first use: 32 hexadecimal digits (128 bits), so
/// that it needs no escaping in a URL or a configuration file.
pub(crate) fn password(data: &DataFolder, name: &str) -> Result<String, ServerError> {
    let path = data.root().join(name);
    match fs::read_to_string(&path) {
        Ok(text) if is_ours(text.trim()) => return Ok(text.trim().to_owned()),
        Ok(_) => {
            let source = io::Error::other("this is not a password that holdfast made");
            return Err(ServerError::Io { doing: "reading", path, source });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => {
            return Err(ServerError::Io { doing: "reading", path, source });
        }
    }
    let password = random()?;
    data.write_file(name, format!("{password}\n").as_bytes(), 0o600)?;
    Ok(password)
}

fn is_ours(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn random() -> Result<String, ServerError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(ServerError::io("a private server", "reading", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
