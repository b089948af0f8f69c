//! Which files hold credentials, by their names alone.

use std::path::{Component, Path};

/// Files that are secret wherever they are.
const NAMES: &[&str] = &[
    ".netrc",
    "_netrc",
    ".pgpass",
    ".my.cnf",
    ".mylogin.cnf",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".git-credentials",
    ".htpasswd",
    ".vault-token",
    ".s3cfg",
    ".boto",
    ".dockercfg",
    ".envrc",
    ".bash_history",
    ".zsh_history",
    ".psql_history",
    ".mysql_history",
    ".python_history",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_ecdsa_sk",
    "id_ed25519_sk",
    "credentials.tfrc.json",
    "application_default_credentials.json",
    ".credentials.json",
    "oauth_creds.json",
    "wallet.dat",
    "key4.db",
    "logins.json",
    "Login Data",
    "shadow-",
];

/// Files that are secret outside of tests and examples.
const USUALLY: &[&str] = &[
    "credentials.json",
    "client_secret.json",
    "service-account.json",
    "service_account.json",
    "serviceaccount.json",
    "secrets.yml",
    "secrets.yaml",
    "secrets.json",
    "secrets.toml",
    "secrets.env",
    "master.key",
];

/// What stands below these directories (two names: one in the other) is secret, and so are they.
const DIRECTORIES: &[(&str, &str)] = &[
    (".ssh", ""),
    (".gnupg", ""),
    (".aws", ""),
    (".azure", ""),
    (".kube", ""),
    (".password-store", ""),
    (".config", "gcloud"),
    (".local", "keyrings"),
    ("run", "secrets"),
    ("Library", "Keychains"),
];

/// Single files in a directory of this name.
const IN: &[(&str, &str)] = &[
    (".docker", "config.json"),
    (".cargo", "credentials"),
    (".cargo", "credentials.toml"),
    (".gem", "credentials"),
    (".m2", "settings.xml"),
    (".codex", "auth.json"),
    ("gh", "hosts.yml"),
    ("hub", "hub"),
    ("rclone", "rclone.conf"),
    ("containers", "auth.json"),
    ("sops", "keys.txt"),
    ("age", "keys.txt"),
    ("doctl", "config.yaml"),
];

/// Endings of keys and stores of keys.
const ENDINGS: &[&str] =
    &["pem", "key", "p12", "pfx", "kdbx", "jks", "keystore", "ppk", "p8", "gpgkey", "keytab", "ovpn"];

/// Words of a name that say that it is shown to everybody.
const PUBLIC: &[&str] =
    &["example", "sample", "template", "dist", "schema", "defaults", "test", "tests", "dummy", "vault-example"];

/// True where the file or directory at `path` holds credentials or keys, as far as its name says so. Nothing is looked
/// up; whether it exists does not matter.
#[must_use]
pub fn is_secret(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if path.starts_with("/proc") {
        return name == "environ";
    }
    if NAMES.contains(&name) || matches!(path.to_str(), Some("/etc/shadow" | "/etc/gshadow" | "/etc/sudoers")) {
        return true;
    }
    // Where a container has the secrets that are mounted into it.
    if (path.starts_with("/run/secrets") || path.starts_with("/var/run/secrets")) && name != "secrets" {
        return name != "ca.crt" && name != "namespace";
    }
    if let Some(found) = kept(path, name) {
        return found;
    }
    if is_of_tests(path) {
        return false;
    }
    if is_env(name) || USUALLY.contains(&name) {
        return true;
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let public = || {
        let stem = stem.to_ascii_lowercase();
        // Certificates, and the public half of a pair.
        ["cert", "chain", "pub", "ca-", "bundle", "dhparam"].iter().any(|word| stem.contains(word)) || stem == "ca"
    };
    match ending {
        "json" => ["client_secret", "service-account", "service_account", "gcp-key"]
            .iter()
            .any(|start| name.starts_with(start)),
        ending => !stem.is_empty() && ENDINGS.contains(&ending) && !public(),
    }
}

/// True where a variable of this name holds a credential, as far as its name says so.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PASS",
        "PWD",
        "PAT",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "DSN",
        "PRIVATE",
        "PASSWORT",
        "MNEMONIC",
        "KEY",
        "SECRETS",
        "KEYS",
    ];
    // What is shown to everybody, and where things are.
    const OTHERS: &[&str] = &[
        "PUBLIC",
        "PUB",
        "PUBLISHABLE",
        "FILE",
        "PATH",
        "DIR",
        "NAME",
        "ID",
        "URL",
        "URI",
        "ENDPOINT",
        "HOST",
        "TYPE",
        "LENGTH",
        "COUNT",
        "EXPIRY",
        "TTL",
        "HASH",
        "FINGERPRINT",
        "ALGORITHM",
        "ALG",
    ];
    const STORES: &[&str] =
        &["DATABASE", "DB", "MONGO", "MONGODB", "REDIS", "POSTGRES", "PG", "MYSQL", "AMQP", "RABBITMQ"];
    // `$PWD`, `$OLDPWD` and loops over `$key` are no credentials.
    if !name.contains(|c: char| c.is_ascii_uppercase()) || matches!(name, "PWD" | "OLDPWD" | "KEY" | "KEYS" | "PASS") {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    let words = || upper.split('_');
    let has = |list: &[&str]| words().any(|word| list.contains(&word));
    let address = words().next_back().is_some_and(|last| matches!(last, "URL" | "URI" | "STRING"));
    (has(WORDS) && !has(OTHERS)) || (address && (has(STORES) || upper == "CONNECTION_STRING"))
}

/// Whether it is one of the things that people keep in a hidden directory; `None` where it is in none of these.
fn kept(path: &Path, name: &str) -> Option<bool> {
    let parts = || path.components().filter_map(|part| part.as_os_str().to_str());
    let pairs = || parts().zip(parts().skip(1));
    if let Some((_, file)) =
        IN.iter().find(|(dir, file)| name == *file && pairs().any(|(a, b)| a == *dir && b == *file))
    {
        return Some(!file.is_empty());
    }
    let within = DIRECTORIES.iter().any(|(dir, below)| {
        if below.is_empty() {
            parts().any(|part| part == *dir)
        } else {
            parts().any(|p| p == *dir) && parts().any(|p| p == *below)
        }
    });
    if !within {
        return None;
    }
    let harmless = matches!(name, "config" | "known_hosts" | "known_hosts.old" | "authorized_keys" | "cache")
        && !parts().any(|part| part == ".kube")
        || Path::new(name).extension().is_some_and(|ending| ending == "pub");
    Some(!harmless)
}

/// `.env`, `.env.local`, `prod.env`, but not `.env.example`.
fn is_env(name: &str) -> bool {
    let (start, rest) = match name.strip_prefix(".env") {
        Some(rest) => (true, rest),
        None => (false, name.strip_suffix(".env").unwrap_or_default()),
    };
    let words = rest.split(['.', '-', '_']).filter(|word| !word.is_empty());
    let public = words.clone().any(|word| PUBLIC.contains(&word.to_ascii_lowercase().as_str()));
    if start { (rest.is_empty() || rest.starts_with(['.', '-', '_'])) && !public } else { !rest.is_empty() && !public }
}

/// True below a directory with made-up files.
fn is_of_tests(path: &Path) -> bool {
    const DIRS: &[&str] = &["test", "tests", "__tests__", "testdata", "fixtures", "examples", "spec", "node_modules"];
    path.parent().is_some_and(|dir| {
        dir.components().any(|part| match part {
            Component::Normal(name) => name.to_str().is_some_and(|name| DIRS.contains(&name)),
            _ => false,
        })
    })
}

/// True where a variable holds a credential itself, as far as its name says so (`GITHUB_TOKEN`, `PGPASSWORD`). One that
/// holds the place of a credential (`KEY_FILE`) does not.
#[must_use]
pub fn is_secret_variable(name: &str) -> bool {
    const ENDS: &[&str] =
        &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "PWD", "CREDENTIAL", "CREDENTIALS", "COOKIE"];
    const KEYS: &[&str] = &["API", "ACCESS", "PRIVATE", "SECRET", "ENCRYPTION", "SIGNING", "MASTER", "LICENSE", "AUTH"];
    // Directories of the shell.
    if name.len() < 4 || matches!(name, "OLDPWD") {
        return false;
    }
    let name = name.to_ascii_uppercase();
    if let Some(before) = name.strip_suffix("_KEY").or_else(|| name.strip_suffix("KEY")) {
        return KEYS.iter().any(|word| before.ends_with(word));
    }
    ENDS.iter().any(|end| name.ends_with(end)) || name.contains("SECRET_KEY")
}

/// True for the names of databases in files and of Terraform's state, which end up among what a build makes and are not made again.
#[must_use]
pub fn is_data_file(name: &str) -> bool {
    name.contains(".tfstate") || [".sqlite", ".sqlite3", ".db"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_says_by_its_name_that_it_holds_a_credential() {
        for name in [
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "DB_PASSWORD",
            "PGPASSWORD_PROD_SECRET",
            "DATABASE_URL",
            "MONGO_URI",
            "STRIPE_SECRET",
            "SENTRY_DSN",
            "Github_Token",
            "SSH_PRIVATE_KEY",
            "TOKEN",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "PWD",
            "key",
            "token",
            "API_URL",
            "PORT",
            "PUBLIC_KEY",
            "AWS_ACCESS_KEY_ID",
            "KEY_FILE",
            "SECRET_NAME",
            "KEYBOARD",
            "PATH",
            "USER",
            "TOKEN_URL",
            "NEXT_PUBLIC_API_KEY",
            "BASE_URL",
            "STRIPE_PUBLISHABLE_KEY",
            "",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn variables_are_known_by_their_names() {
        for name in
            ["GITHUB_TOKEN", "PGPASSWORD", "DB_PASS", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "apikey", "token"]
        {
            assert!(is_secret_variable(name), "{name}");
        }
        for name in ["HOME", "PWD", "OLDPWD", "KEY", "SSH_KEY_FILE", "TOKEN_URL", "MONKEY", "PATH", "X", "SORT_KEY"] {
            assert!(!is_secret_variable(name), "{name}");
        }
    }

    #[test]
    fn credentials_are_known_by_their_names() {
        for path in [
            ".env",
            ".env.local",
            "app/.env.production",
            "prod.env",
            "/home/me/.ssh",
            "/home/me/.ssh/id_work",
            "/home/me/.aws/credentials",
            "/home/me/.kube/config",
            "/home/me/.docker/config.json",
            "certs/server.key",
            "tls/private.pem",
            "/etc/shadow",
            "/home/me/.config/gcloud/credentials.db",
            "config/master.key",
            "/proc/self/environ",
            "/home/me/.config/gh/hosts.yml",
            "id_rsa",
            "service-account-prod.json",
            "/home/me/.gnupg/private-keys-v1.d/x.key",
            "/home/me/.claude/.credentials.json",
        ] {
            assert!(is_secret(Path::new(path)), "{path}");
        }
        for path in [
            ".env.example",
            ".env.sample",
            "env",
            "environment.ts",
            "src/env.rs",
            "/home/me/.ssh/id_rsa.pub",
            "/home/me/.ssh/known_hosts",
            "/home/me/.ssh/config",
            "fullchain.pem",
            "cert.pem",
            "tests/fixtures/a.key",
            "README.md",
            "keys.json",
            "src/secrets.rs",
            "/etc/passwd",
            "config.json",
            "locales/en.json",
            "/",
            "",
            ".envoy.yaml",
            "public.key",
            "/proc/meminfo",
        ] {
            assert!(!is_secret(Path::new(path)), "{path}");
        }
    }
}
