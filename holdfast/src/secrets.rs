use anyhow::Context;

use crate::clock;
use crate::data_folder::DataFolder;

const TOKENS: &str = "keys/tokens.secret";
const FINGERPRINTS: &str = "keys/fingerprints.secret";

/// The secrets of one data folder, drawn once and kept for the owner's eyes only.
pub(crate) struct Secrets {
    /// Signs bearer tokens.
    pub(crate) tokens: [u8; 32],
    /// Keys the digests that tell a repeated request from another one.
    pub(crate) fingerprints: [u8; 32],
}

impl Secrets {
    /// Reads them, or draws them the first time.
    pub(crate) fn open(data: &DataFolder) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data.keys()).context("cannot make the folder of keys")?;
        // Two services that start at the same time must not each draw their own.
        let _setup = data.setup()?;
        Ok(Self { tokens: open_one(data, TOKENS)?, fingerprints: open_one(data, FINGERPRINTS)? })
    }

    /// Reads the one that signs tokens, for subcommands beside a running system.
    pub(crate) fn token_secret(data: &DataFolder) -> anyhow::Result<[u8; 32]> {
        read(data, TOKENS)?.context("the data folder holds no secret yet; run `holdfast up` first")
    }
}

fn open_one(data: &DataFolder, name: &str) -> anyhow::Result<[u8; 32]> {
    if let Some(secret) = read(data, name)? {
        return Ok(secret);
    }
    let secret = draw();
    data.write_file(name, &secret, 0o600)?;
    Ok(secret)
}

fn read(data: &DataFolder, name: &str) -> anyhow::Result<Option<[u8; 32]>> {
    match std::fs::read(data.root().join(name)) {
        Ok(bytes) => {
            let secret = bytes.try_into().ok();
            secret.map(Some).with_context(|| format!("{name} is not a secret of 32 bytes"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {name}")),
    }
}

/// 32 bytes, of which 244 bits come from the system's random numbers.
fn draw() -> [u8; 32] {
    let mut secret = [0; 32];
    let (left, right) = secret.split_at_mut(16);
    left.copy_from_slice(clock::new_id().as_bytes());
    right.copy_from_slice(clock::new_id().as_bytes());
    secret
}
