use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// Writes a ready file, whole or not at all: a script that sees it can read it. It may hold
/// passwords and tokens: for its owner's eyes.
pub(crate) fn write(file: &Path, ready: &Value) -> anyhow::Result<()> {
    let bytes = serde_json::to_vec_pretty(ready)?;
    let draft = file.with_added_extension("new");
    let write = || {
        // A draft that a crash left behind may have another mode.
        let _ = std::fs::remove_file(&draft);
        let mut out =
            std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft)?;
        out.write_all(&bytes)?;
        std::fs::rename(&draft, file)
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}
