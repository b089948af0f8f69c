//! Embeds the default policies: a new policy is one new file in `policies/`.
#![expect(clippy::expect_used, reason = "a build script stops the build with a message")]

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../policies");
    let root = root.canonicalize().expect("policies/ is part of the repository");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut policies = String::from("pub(crate) const POLICIES: &[(&str, &str)] = &[\n");
    let mut cases = String::from("pub(crate) const CASES: &[(&str, &str)] = &[\n");
    let mut names: Vec<_> = fs::read_dir(&root).expect("readable").flatten().map(|entry| entry.path()).collect();
    names.sort();
    let mut sources = Vec::new();
    for path in names {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let table = match name.as_str() {
            name if name.ends_with(".cedar") => {
                sources.push(path.clone());
                &mut policies
            }
            name if name.ends_with(".policytest.toml") => &mut cases,
            _ => continue,
        };
        writeln!(table, "    ({name:?}, include_str!({:?})),", path.display().to_string()).expect("a string takes it");
    }
    let schema = root.join("weir.cedarschema");
    sources.push(schema.clone());
    // Tells a compiled file of another build apart without reading the pack at start.
    let contents = sources.iter().flat_map(|path| fs::read(path).expect("readable"));
    let hash =
        contents.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let text = format!(
        "{policies}];\n{cases}];\npub(crate) const SCHEMA: &str = include_str!({:?});\n",
        schema.display().to_string()
    );
    println!("cargo::rustc-env=WEIR_PACK_HASH={hash:016x}");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("builtin.rs");
    fs::write(out, text).expect("the output directory is ours");
}
