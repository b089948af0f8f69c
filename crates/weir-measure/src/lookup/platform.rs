//! Which project of a platform a directory is linked with: Heroku, Fly, Vercel, Netlify, Firebase, Supabase, Cloudflare, Railway.

use serde_json::Value as Json;

use super::ini::unquoted;
use super::{Place, database, remote};

pub(super) fn find(place: &mut Place<'_>) {
    let program = place.program().to_owned();
    match program.as_str() {
        "heroku" => heroku(place),
        "fly" | "flyctl" => fly(place),
        "vercel" | "vc" | "now" => {
            linked(place, &["project", "VERCEL_PROJECT_ID"], ".vercel/project.json", "projectName")
        }
        "netlify" | "ntl" => linked(place, &["site", "s", "NETLIFY_SITE_ID"], ".netlify/state.json", "siteId"),
        "firebase" => firebase(place),
        "supabase" => supabase(place),
        "wrangler" => wrangler(place),
        "railway" => railway(place),
        _ => {}
    }
}

fn named(place: &mut Place<'_>, what: &str, name: &str, file: Option<&str>) {
    let file = file.map(|file| format!(" in {file}")).unwrap_or_default();
    place.found.say(format!("{what} {name}{file}"));
    place.found.place(name);
}

/// One that is given by option or variable; true where it is, known or not.
fn given(place: &mut Place<'_>, names: &[&str], what: &str) -> bool {
    if let Some(name) = place.known(names) {
        named(place, what, &name, None);
    }
    place.given(names).is_some()
}

fn heroku(place: &mut Place<'_>) {
    if given(place, &["app", "a"], "app") {
        return;
    }
    let wanted = place.known(&["remote", "r"]);
    if wanted.is_none() && given(place, &["HEROKU_APP"], "app") {
        return;
    }
    let Some(directory) = place.files.directory() else { return };
    let Some(ini) = remote::config(&place.files, directory) else { return };
    let apps: Vec<(String, String)> = ini
        .sections()
        .filter_map(|section| {
            let name = section.strip_prefix("remote \"")?.strip_suffix('"')?;
            let app = remote::app(ini.get(section, "url")?)?;
            wanted.as_deref().is_none_or(|wanted| wanted == name).then(|| (name.to_owned(), app.to_owned()))
        })
        .collect();
    // Of several Heroku asks for one; each may be meant.
    for (name, app) in apps {
        named(place, "app", &app, Some(&format!(".git/config (remote {name})")));
    }
}

fn fly(place: &mut Place<'_>) {
    if given(place, &["app", "a", "FLY_APP"], "app") {
        return;
    }
    let file = match place.known(&["config", "c"]) {
        Some(file) => place.files.path(&file),
        None if place.is_open(&["config", "c"]) => None,
        None => place.files.here("fly.toml"),
    };
    top_level(place, file, "app", "app");
}

/// A key of a TOML file that stands before its first table.
fn top_level(place: &mut Place<'_>, file: Option<std::path::PathBuf>, key: &str, what: &str) {
    let Some(file) = file else { return };
    let Some(text) = place.files.text(&file) else { return };
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let mut pairs = lines.filter_map(|line| line.split_once('='));
    let value = pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| unquoted(value).to_owned());
    if let Some(value) = value {
        let shown = place.files.shown(&file);
        named(place, what, &value, Some(&shown));
    }
}

fn linked(place: &mut Place<'_>, names: &[&str], file: &str, key: &str) {
    if given(place, names, "project") {
        return;
    }
    let Some(path) = place.files.here(file) else { return };
    let Some(json) = place.files.json(&path) else { return };
    for key in [key, "projectId"] {
        if let Some(value) = json.get(key).and_then(Json::as_str) {
            named(place, "project", value, Some(file));
        }
    }
}

fn firebase(place: &mut Place<'_>) {
    const PROJECT: &[&str] = &["project", "P"];
    let wanted = place.known(PROJECT);
    let open = place.is_open(PROJECT);
    let aliases = place.files.here(".firebaserc").and_then(|path| place.files.json(&path));
    let projects = aliases.as_ref().and_then(|json| json.get("projects"));
    let of_alias = |alias: &str| projects.and_then(|all| all.get(alias)?.as_str()).map(str::to_owned);
    if let Some(wanted) = wanted {
        named(place, "project", &wanted, None);
        if let Some(project) = of_alias(&wanted) {
            named(place, "project", &project, Some(".firebaserc"));
        }
        return;
    }
    if open {
        return;
    }
    // `firebase use` keeps what is active for each directory.
    let store = place.files.home(".config/configstore/firebase-tools.json");
    let store = store.filter(|store| store.exists()).and_then(|path| place.files.json(&path));
    let active = place.files.directory().and_then(|directory| {
        let all = store.as_ref()?.get("activeProjects")?;
        let found = directory.ancestors().find_map(|dir| all.get(dir.to_str()?)?.as_str())?;
        Some(found.to_owned())
    });
    match active {
        Some(active) => {
            named(place, "project", &active, Some("what `firebase use` selected"));
            if let Some(project) = of_alias(&active) {
                named(place, "project", &project, Some(".firebaserc"));
            }
        }
        None => {
            if let Some(project) = of_alias("default") {
                named(place, "project", &project, Some(".firebaserc"));
            }
        }
    }
}

fn supabase(place: &mut Place<'_>) {
    if let Some(url) = place.known(&["db-url"]) {
        return database::connection(place, &url, "--db-url");
    }
    if place.setting_is_on("local") {
        named(place, "database", "localhost", None);
        return;
    }
    if given(place, &["project-ref"], "project") {
        return;
    }
    let file = "supabase/.temp/project-ref";
    if let Some(path) = place.files.here(file)
        && let Some(text) = place.files.text(&path)
    {
        named(place, "project", text.trim(), Some(file));
    }
}

fn wrangler(place: &mut Place<'_>) {
    given(place, &["env", "e", "CLOUDFLARE_ENV"], "environment");
    if given(place, &["name"], "worker") {
        return;
    }
    let file = match place.known(&["config", "c"]) {
        Some(file) => place.files.path(&file),
        None => place.files.here("wrangler.toml"),
    };
    top_level(place, file, "name", "worker");
}

fn railway(place: &mut Place<'_>) {
    given(place, &["environment", "e", "RAILWAY_ENVIRONMENT"], "environment");
    let Some(path) = place.files.home(".railway/config.json") else { return };
    let Some(json) = place.files.json(&path) else { return };
    let link = place.files.directory().and_then(|directory| {
        let all = json.get("projects")?;
        directory.ancestors().find_map(|dir| all.get(dir.to_str()?))
    });
    let open = place.given(&["environment", "e", "RAILWAY_ENVIRONMENT"]).is_some();
    for (key, what) in [("name", "project"), ("environmentName", "environment")] {
        if let Some(value) = link.and_then(|link| link.get(key)?.as_str())
            && !(open && what == "environment")
        {
            let shown = place.files.shown(&path);
            named(place, what, value, Some(&shown));
        }
    }
}
