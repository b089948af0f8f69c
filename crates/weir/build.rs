//! Embeds the incident scenarios, so that the installed program can replay them without a checkout.
#![expect(clippy::expect_used, reason = "a build script stops the build with a message")]

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // The catalog's tables hold some hundred thousand addresses: in a position-independent program the loader writes
        // each of them anew at every start, which costs more than all that a hook call does.
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../incidents");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut names: Vec<String> = fs::read_dir(&root)
        .expect("incidents/ is part of the repository")
        .flatten()
        .filter(|entry| entry.path().join("incident.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let mut table = String::from("pub(crate) const INCIDENTS: &[(&str, &str)] = &[\n");
    for name in names {
        let file = root.join(&name).join("incident.toml").canonicalize().expect("just listed");
        println!("cargo::rerun-if-changed={}", file.display());
        writeln!(table, "    ({name:?}, include_str!({:?})),", file.display().to_string()).expect("a string takes it");
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("incidents.rs");
    fs::write(out, table).expect("the output directory is ours");
}
