//! Compiles `catalog/*.toml` into static tables.

#[path = "build/emit.rs"]
mod emit;
#[path = "build/operations.rs"]
mod operations;
#[path = "build/schema.rs"]
mod schema;

use std::path::{Path, PathBuf};
use std::{env, fs};

type Outcome<T> = Result<T, String>;

fn main() {
    if let Err(error) = compile() {
        // The only way in which a build script can say why it stops.
        println!("cargo::error={error}");
        std::process::exit(1);
    }
}

fn compile() -> Outcome<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?);
    let catalog = root.join("../../catalog");
    println!("cargo::rerun-if-changed={}", catalog.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let listing = fs::read_dir(&catalog).map_err(|error| format!("{}: {error}", catalog.display()))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in listing {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    println!("cargo::rerun-if-changed={}", catalog.join("data").display());
    let mut emit = emit::Emit::new(catalog.join("data"));
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("cargo::rerun-if-changed={}", path.display());
        read(path)
            .and_then(|file| emit.file(name.trim_end_matches(".toml"), &file))
            // Cargo shows one line of an error only.
            .map_err(|error| format!("catalog/{name}: {}", error.trim().replace('\n', " ")))?;
    }
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|error| error.to_string())?).join("catalog.rs");
    fs::write(&out, emit.finish()?).map_err(|error| format!("{}: {error}", out.display()))
}

fn read(path: &Path) -> Outcome<schema::File> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: schema::File = toml::from_str(&text).map_err(|error| error.to_string())?;
    if file.test.is_empty() {
        return Err("has no [[test]]".to_owned());
    }
    Ok(file)
}
