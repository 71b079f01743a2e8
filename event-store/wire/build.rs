//! Compiles the protocol files, without an installed compiler for them.

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new("proto");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    let descriptors = protox::compile(&files, [folder])?;
    tonic_prost_build::configure()
        // Payloads are slices of the message they came in, not copies.
        .bytes(".")
        .btree_map(".")
        .include_file("protocol.rs")
        .compile_fds(descriptors)?;
    Ok(())
}
