//! Which stack Pulumi acts on: `--stack`, `PULUMI_STACK`, else the one that is selected for the project.

use std::path::Path;

use weir_yaml::Yaml;

use super::Place;

/// Directories upward in which a project is looked for.
const MOST_ANCESTORS: usize = 8;

pub(super) fn find(place: &mut Place<'_>) {
    const STACK: &[&str] = &["stack", "s", "PULUMI_STACK"];
    if let Some(backend) = place.known(&["PULUMI_BACKEND_URL"]) {
        place.found.say(format!("backend {backend}"));
        place.found.hint(&backend);
    }
    if place.given(STACK).is_some() {
        if let Some(stack) = place.known(STACK) {
            place.found.say(format!("stack {stack}"));
            place.found.place(&stack);
        }
        return;
    }
    if place.is_open(&["cwd", "C"]) || place.is_open(&["PULUMI_HOME"]) {
        return;
    }
    let start = match place.known(&["cwd", "C"]) {
        Some(dir) => place.files.path(&dir),
        None => place.files.directory().map(Path::to_path_buf),
    };
    let Some(start) = start else { return };
    let project = start.ancestors().take(MOST_ANCESTORS).find_map(|dir| {
        let path = ["Pulumi.yaml", "Pulumi.yml"].map(|name| dir.join(name)).into_iter().find(|path| path.is_file())?;
        let name = Yaml::parse(&place.files.text(&path)?)?.at(&["name"])?.to_owned();
        Some((path, name))
    });
    let Some((path, name)) = project else { return };
    let root = match place.known(&["PULUMI_HOME"]) {
        Some(root) => place.files.path(&root),
        None => place.files.home(".pulumi"),
    };
    let Some(root) = root.map(|root| root.join("workspaces")) else { return };
    // The file's name ends in a hash of the project's place.
    let hash = sha1(path.as_os_str().as_encoded_bytes());
    let file = root.join(format!("{name}-{hash}-workspace.json"));
    let selected = place.files.json(&file).and_then(|json| Some(json.get("stack")?.as_str()?.to_owned()));
    if let Some(stack) = selected {
        let shown = place.files.shown(&file);
        place.found.say(format!("stack {stack} in {shown}"));
        place.found.place(&stack);
    }
    place.found.hint(&name);
}

fn sha1(bytes: &[u8]) -> String {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().map(|id| id.to_string()).unwrap_or_default()
}
