//! The reference's configuration file and command line.

use indexmap::IndexMap;

use crate::compat::{Json, js};

const SECTIONS: [&str; 6] = ["data", "alerts", "execution", "thresholds", "validation", "output"];

/// `mergeConfig`: the user's settings over the defaults, section by section.
#[must_use]
pub fn merge(defaults: &Json, user: &Json) -> Json {
    let mut merged = IndexMap::new();
    for name in ["name", "version"] {
        let value = js::present(user.get(name)).or_else(|| defaults.get(name));
        merged.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    for section in SECTIONS {
        let mut members = IndexMap::new();
        for from in [defaults.get(section), user.get(section)].into_iter().flatten() {
            if let Json::Object(from) = from {
                members.extend(from.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        merged.insert(section.to_owned(), Json::Object(members));
    }
    Json::Object(merged)
}

/// `validateConfig`.
#[must_use]
pub fn validate(settings: &Json) -> Json {
    let mut errors = Vec::new();
    let of = |section: &str, name: &str| settings.get(section).and_then(|section| section.get(name));
    let one_of = |section: &str, name: &str, known: &[&str], called: &str| {
        let value = of(section, name).filter(|value| js::truthy(value))?;
        let listed = value.as_str().is_some_and(|value| known.contains(&value));
        (!listed).then(|| format!("Invalid {called}: {}", js::text(Some(value)).unwrap_or_default()))
    };
    let outside = |name: &str, high: f64, limits: &str| {
        let value = js::number(Some(of("thresholds", name)?)).ok()?;
        (value < 0.0 || value > high).then(|| format!("{name} threshold must be {limits}"))
    };
    errors.extend(one_of("data", "adapter", &["json", "memory", "composite"], "data adapter"));
    errors.extend(one_of("alerts", "type", &["console", "file", "json", "multi"], "alert type"));
    errors.extend(outside("lens", 10.0, "between 0 and 10"));
    errors.extend(outside("drift", 100.0, "between 0 and 100"));
    errors.extend(outside("fetch", f64::INFINITY, "non-negative"));
    if let Some(Json::Array(ids)) = of("execution", "dimensions") {
        let known = ["D1", "D2", "D3", "D4", "D5", "D6"];
        let unknown = ids.iter().filter(|id| !id.as_str().is_some_and(|id| known.contains(&id)));
        errors.extend(unknown.map(|id| format!("Invalid dimension: {}", js::text(Some(id)).unwrap_or_default())));
    }
    errors.extend(one_of("output", "format", &["json", "yaml", "text"], "output format"));
    let errors: Vec<Json> = errors.into_iter().map(Json::from).collect();
    Json::object([("valid", errors.is_empty().into()), ("errors", errors.into())])
}

/// `getConfigValue`: the setting at a dotted path.
#[must_use]
pub fn get<'s>(settings: &'s Json, path: &str) -> Option<&'s Json> {
    path.split('.').try_fold(settings, |settings, name| settings.get(name))
}

/// `setConfigValue`: the settings with another value at a dotted path.
#[must_use]
pub fn set(settings: &Json, path: &str, value: &Json) -> Json {
    let Some((name, rest)) = path.split_once('.') else { return with(settings, path, value.clone()) };
    let empty = Json::Object(IndexMap::new());
    let section = set(settings.get(name).unwrap_or(&empty), rest, value);
    with(settings, name, section)
}

fn with(settings: &Json, name: &str, value: Json) -> Json {
    let mut changed = settings.clone();
    if let Json::Object(members) = &mut changed {
        members.insert(name.to_owned(), value);
    }
    changed
}

/// `parseArgs`: the reference's command line. What it does not know it passes over.
#[must_use]
pub fn command_line(args: &[&str]) -> Json {
    let mut options: IndexMap<String, Json> = IndexMap::new();
    // An option without a value is undefined, whatever stood there before.
    let mut set = |name: &str, value: Option<Json>| match value {
        Some(value) => {
            options.insert(name.to_owned(), value);
        }
        None => {
            options.shift_remove(name);
        }
    };
    set("command", Some("run".into()));
    set("alertType", Some("console".into()));
    set("verbose", Some(false.into()));
    set("quiet", Some(false.into()));
    let mut rest = args.iter().copied().peekable();
    let mut script = false;
    while let Some(arg) = rest.next() {
        match arg {
            "run" | "analyze" | "validate" | "help" | "version" => set("command", Some(arg.into())),
            "init" | "scaffold" => {
                set("command", Some(arg.into()));
                if let Some(name) = rest.next_if(|next| !next.starts_with('-')) {
                    set(if arg == "init" { "name" } else { "subcommand" }, Some(name.into()));
                }
            }
            "--alert" | "-a" => {
                if let Some(kind @ ("console" | "file" | "json")) = rest.next() {
                    set("alertType", Some(kind.into()));
                }
            }
            "--verbose" | "-v" => set("verbose", Some(true.into())),
            "--quiet" | "-q" => set("quiet", Some(true.into())),
            _ => {
                let option = match arg {
                    "--inline" | "-i" => "inline",
                    "--data" | "-d" => "dataFile",
                    "--data-path" => "dataPath",
                    "--output" | "-o" => "outputFile",
                    "--alert-file" => "alertFile",
                    _ => {
                        // An empty argument counts as none, so that a later one becomes the script.
                        if !arg.starts_with('-') && !script {
                            set("script", Some(arg.into()));
                            script = !arg.is_empty();
                        }
                        continue;
                    }
                };
                set(option, rest.next().map(Json::from));
            }
        }
    }
    Json::Object(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As recorded from the reference.
    #[test]
    fn an_option_without_a_value_takes_back_what_was_said_before() {
        let start = r#"{"command":"run","alertType":"console","verbose":false,"quiet":false"#;
        let cases: [(&[&str], &str); 5] = [
            (&["-o", "x", "-o"], ""),
            (&["-i", "-q"], r#","inline":"-q""#),
            (&["", "a.cal", "b.cal"], r#","script":"a.cal""#),
            (&["-a", "file", "-a"], ""),
            (&["-d", "", "--data-path", "p"], r#","dataFile":"","dataPath":"p""#),
        ];
        for (args, rest) in cases {
            let start = if args.contains(&"file") { start.replace("console", "file") } else { start.to_owned() };
            assert_eq!(command_line(args).to_text(), format!("{start}{rest}}}"), "{args:?}");
        }
    }
}
