//! The reference's command line: what it reads, prints, writes, and with which code it ends.
//!
//! One thing is different on purpose: the reference ends with 0 after an execution that failed, this with 2. The
//! reference's help, version, and questions for a new project are its own and are not here.

use std::{borrow::Cow, cell::RefCell, fmt::Write as _, io, path::Path};

use indexmap::IndexMap;

use crate::compat::{
    Collections, Delivered, Json, Parsed, Surroundings, SyntaxError, alerts::Alert, execute, js, parse, settings,
};

/// The files of a command line, by the names that it has for them.
pub trait Files {
    /// What is in a file.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Makes or replaces a file.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    fn write(&mut self, path: &str, text: &str) -> io::Result<()>;

    /// Adds to the end of a file; makes it, and its directory, where there is none.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    fn append(&mut self, path: &str, text: &str) -> io::Result<()>;
}

/// Files under a directory.
#[derive(Debug, Clone, Copy)]
pub struct Disk<'a>(pub &'a Path);

impl Files for Disk<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
    }

    fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        std::fs::write(self.0.join(path), text)
    }

    fn append(&mut self, path: &str, text: &str) -> io::Result<()> {
        let path = self.0.join(path);
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
        io::Write::write_all(&mut file, text.as_bytes())
    }
}

/// What a command line printed and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invoked {
    /// 0, 1 where the reference has it, or 2 where the execution failed.
    pub code: u8,
    /// The results.
    pub stdout: String,
    /// The errors.
    pub stderr: String,
}

/// Runs a command line of the reference, without the name of the program in front. `timestamp` is the moment as
/// `2026-04-15T12:34:56.789Z`, and `stamp` the same in milliseconds.
#[must_use]
pub fn invoke(args: &[&str], files: &mut dyn Files, timestamp: &str, stamp: &str) -> Invoked {
    let options = settings::command_line(args);
    // The reference takes an empty option for none.
    let option = |name: &str| options.get(name).and_then(Json::as_str).filter(|value| !value.is_empty());
    let flag = |name: &str| options.get(name) == Some(&Json::Bool(true));
    let command = Command {
        inline: option("inline"),
        script: option("script"),
        data_file: option("dataFile"),
        data_path: option("dataPath"),
        output: option("outputFile"),
        alerts: option("alertType").unwrap_or_default(),
        alert_file: option("alertFile").unwrap_or("./cal-alerts.log"),
        verbose: flag("verbose"),
        quiet: flag("quiet"),
        timestamp,
        stamp,
    };
    let mut screen = Screen::default();
    let code = match option("command") {
        _ if args.is_empty() => 0,
        Some("help" | "version") => 0,
        Some("run") => command.run(files, &mut screen),
        Some("analyze") => command.analyze(files, &mut screen),
        Some("validate") => command.validate(files, &mut screen),
        Some("scaffold") if !matches!(option("subcommand"), None | Some("entity")) => {
            let kind = option("subcommand").unwrap_or_default();
            screen.error(&format!("\u{274C} Unknown scaffold type: \"{kind}\"\n\nAvailable scaffolds:"));
            screen.error("   cal scaffold entity    Interactive entity JSON generator\n");
            1
        }
        _ => {
            screen.error("\u{274C} New projects are not a part of running CAL");
            2
        }
    };
    Invoked { code, stdout: screen.out, stderr: screen.err }
}

#[derive(Debug, Default)]
struct Screen {
    out: String,
    err: String,
}

impl Screen {
    /// `console.log`.
    fn line(&mut self, text: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.out, "{text}");
    }

    /// `console.error`.
    fn error(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }

    fn place_of(&mut self, error: &SyntaxError) {
        self.error(&format!("   at line {}, column {}", error.start.line, error.start.column));
    }
}

fn banner() -> String {
    let rule = "\u{2550}".repeat(67);
    format!(
        "\n\u{1FAB6} {rule}\n   Cormorant Agentic Language (CAL) v1.3.0\n   \
         Sound \u{D7} Space \u{D7} Time \u{2192} 6D Analysis \u{2192} Action\n\u{1FAB6} {rule}\n"
    )
}

fn title(text: &str) -> String {
    format!("\u{2500}\u{2500}\u{2500} {text} \u{2500}\u{2500}\u{2500}")
}

struct Command<'a> {
    inline: Option<&'a str>,
    script: Option<&'a str>,
    data_file: Option<&'a str>,
    data_path: Option<&'a str>,
    output: Option<&'a str>,
    alerts: &'a str,
    alert_file: &'a str,
    verbose: bool,
    quiet: bool,
    timestamp: &'a str,
    stamp: &'a str,
}

impl<'a> Command<'a> {
    /// The script; where it is missing or cannot be read that is told.
    fn source(&self, files: &dyn Files, missing: &str, screen: &mut Screen) -> Option<Cow<'a, str>> {
        if let Some(inline) = self.inline {
            return Some(inline.into());
        }
        let Some(script) = self.script else {
            screen.error(missing);
            return None;
        };
        match files.read(script) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned().into()),
            Err(error) => {
                screen.error(&format!("\u{274C} Error reading script: {}", unread(&error, script)));
                None
            }
        }
    }

    fn parsed<'s>(&self, source: &'s str, screen: &mut Screen) -> Option<Parsed<'s>> {
        if !self.quiet {
            screen.line("\u{1F527} Parsing CAL...");
        }
        match parse(source) {
            Ok(parsed) => {
                if !self.quiet {
                    screen.line("\u{2705} Parsing successful\n");
                }
                Some(parsed)
            }
            Err(error) => {
                screen.error(&format!("\n\u{274C} Parse Error:\n   {error}"));
                screen.place_of(&error);
                None
            }
        }
    }

    fn validate(&self, files: &dyn Files, screen: &mut Screen) -> u8 {
        let Some(source) = self.source(files, "\u{274C} No script provided.", screen) else { return 1 };
        match parse(&source) {
            Ok(_) => {
                screen.line(&format!("\u{2705} {} is valid", self.script.unwrap_or("Script")));
                0
            }
            Err(error) => {
                screen.error(&format!("\u{274C} Validation failed: {error}"));
                screen.place_of(&error);
                1
            }
        }
    }

    fn analyze(&self, files: &mut dyn Files, screen: &mut Screen) -> u8 {
        if !self.quiet {
            screen.line(&banner());
        }
        let Some(source) = self.source(files, "\u{274C} No script provided.", screen) else { return 1 };
        if let (None, Some(script), false) = (self.inline, self.script, self.quiet) {
            screen.line(&format!("\u{1F4C4} Analyzing: {script}\n"));
        }
        let Some(parsed) = self.parsed(&source, screen) else { return 1 };
        let plan = parsed.plan(self.timestamp);
        let actions: &[Json] = match plan.get("actions") {
            Some(Json::Array(actions)) => actions,
            _ => &[],
        };
        let mut kinds: IndexMap<&str, usize> = IndexMap::new();
        for action in actions {
            *kinds.entry(action.get("action").and_then(Json::as_str).unwrap_or_default()).or_default() += 1;
        }
        screen.line(&format!("{}\n\nActions: {}\n\nAction breakdown:", title("ANALYSIS"), actions.len()));
        for (kind, count) in kinds {
            screen.line(&format!("  {kind}: {count}"));
        }
        screen.line("");
        if self.verbose {
            screen.line(&format!("{}\n{}\n", title("ACTION PLAN"), plan.to_lines()));
        }
        if let Some(path) = self.output {
            if let Err(error) = files.write(path, &plan.to_lines()) {
                // The reference takes every failure from here on for one of the script.
                screen.error(&format!("\n\u{274C} Parse Error:\n   {}", unopened(&error, path)));
                return 1;
            }
            screen.line(&format!("\u{1F4BE} Analysis saved to: {path}\n"));
        }
        screen.line("\u{1FAB6} Analysis complete.\n");
        0
    }

    fn run(&self, files: &mut dyn Files, screen: &mut Screen) -> u8 {
        if !self.quiet {
            screen.line(&banner());
        }
        let missing = "\u{274C} No script provided. Use --inline or specify a file.";
        let Some(source) = self.source(files, missing, screen) else { return 1 };
        match (self.inline, self.script) {
            _ if self.quiet => {}
            (Some(_), _) => screen.line("\u{1F4DD} Inline CAL code\n"),
            (None, script) => screen.line(&format!("\u{1F4C4} Script: {}\n", script.unwrap_or_default())),
        }
        if self.verbose {
            screen.line(&format!("{}\n{source}\n", title("SOURCE")));
        }
        let Some(parsed) = self.parsed(&source, screen) else { return 1 };
        if self.verbose {
            screen.line(&format!("{}\n{}\n", title("ACTION PLAN"), parsed.plan(self.timestamp).to_lines()));
        }
        let (directory, place) = match (self.data_file, self.data_path) {
            (Some(file), _) => (Some(parent(file)), format!("\u{1F4CA} Loading data: {file}")),
            (None, Some(path)) => (Some(path), format!("\u{1F4CA} Data path: {path}")),
            (None, None) => (None, "\u{1F4CA} Using memory adapter (no data source specified)\n".to_owned()),
        };
        if !self.quiet {
            screen.line(&place);
            screen.line("\u{1F680} Executing action plan...\n");
        }
        let result = self.executed(&parsed, directory, files, screen);
        if !self.quiet {
            summary(&result, screen);
        }
        if let Some(path) = self.output {
            if !self.quiet {
                screen.line(&format!("\u{1F4BE} Writing results to: {path}"));
            }
            if let Err(error) = files.write(path, &result.to_lines()) {
                screen.error(&format!("\n\u{274C} Execution Error:\n   {}", unopened(&error, path)));
                return 1;
            }
            if !self.quiet {
                screen.line("\u{2705} Results saved\n");
            }
        }
        if self.verbose {
            screen.line(&format!("{}\n{}", title("FULL RESULT JSON"), result.to_lines()));
        }
        if !self.quiet {
            screen.line("\u{1FAB6} Done.\n");
        }
        if result.get("success") == Some(&Json::Bool(true)) { 0 } else { 2 }
    }

    fn executed(
        &self,
        parsed: &Parsed<'_>,
        directory: Option<&str>,
        files: &mut dyn Files,
        screen: &mut Screen,
    ) -> Json {
        let files = RefCell::new(files);
        let mut send = |alert: &Json| {
            let text = |name: &str| alert.get(name).and_then(Json::as_str).unwrap_or_default();
            let alert =
                Alert { kind: text("type"), message: text("message"), timestamp: self.timestamp, metadata: None };
            match self.alerts {
                "console" => screen.out.push_str(&alert.console()),
                "file" => files
                    .borrow_mut()
                    .append(self.alert_file, &alert.line())
                    .map_err(|error| format!("Failed to write alert to file: {}", unopened(&error, self.alert_file)))?,
                _ => {}
            }
            Ok(Delivered::default())
        };
        let surroundings = Surroundings {
            collections: &JsonFiles { files: &files, directory },
            send: &mut send,
            timestamp: self.timestamp,
            stamp: self.stamp,
        };
        execute(parsed, surroundings)
    }
}

fn summary(result: &Json, screen: &mut Screen) {
    let count = |name: &str| match result.get(name) {
        Some(Json::Array(items)) => items.len(),
        Some(Json::Object(members)) => members.len(),
        _ => 0,
    };
    screen.line(&format!("{}\n\n\u{2705} Execution completed\n", title("EXECUTION RESULTS")));
    screen.line(&format!("Actions executed: {}\nOutputs: {}", count("actions"), count("outputs")));
    screen.line(&format!("Watchers: {}\n", count("watchers")));
    let Some(Json::Object(outputs)) = result.get("outputs") else { return };
    if outputs.is_empty() {
        return;
    }
    screen.line(&format!("{}\n", title("OUTPUTS")));
    for (name, output) in outputs {
        screen.line(&format!("\u{1F4E6} {name}:\n   Type: Object\n   Keys: {}\n", members(output)));
    }
}

/// How many members an output has for the reference. It has the undefined figures of a drift too.
fn members(output: &Json) -> usize {
    match output {
        Json::Object(members) if members.contains_key("driftQuality") => 8,
        Json::Object(members) => members.len(),
        _ => 0,
    }
}

/// `<directory>/<collection>.json`: a list, or an object with a list `entities`. Without a directory there is nothing.
struct JsonFiles<'f, 'a> {
    files: &'f RefCell<&'a mut dyn Files>,
    directory: Option<&'f str>,
}

impl Collections for JsonFiles<'_, '_> {
    fn entities(&self, name: &str) -> Result<Option<Vec<Json>>, String> {
        Ok(match self.collection(name)? {
            Some(Json::Array(entities)) => Some(entities),
            _ => None,
        })
    }

    fn collection(&self, name: &str) -> Result<Option<Json>, String> {
        let Some(directory) = self.directory else { return Ok(None) };
        let failed = |why: String| format!("Failed to load {name}: {why}");
        let path = joined(directory, &format!("{name}.json"));
        let bytes = match self.files.borrow().read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(unread(&error, &path))),
        };
        match Json::parse(&String::from_utf8_lossy(&bytes)).map_err(failed)? {
            list @ Json::Array(_) => Ok(Some(list)),
            Json::Null => Err(failed("Cannot read properties of null (reading 'entities')".to_owned())),
            Json::Object(mut members) => Ok(members.swap_remove("entities").filter(js::truthy)),
            _ => Ok(None),
        }
    }
}

/// `path.dirname`.
fn parent(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit_once('/') {
        None if trimmed.is_empty() && path.starts_with('/') => "/",
        None => ".",
        Some((directory, _)) => match directory.trim_end_matches('/') {
            "" => "/",
            directory => directory,
        },
    }
}

/// `path.join`.
fn joined(directory: &str, name: &str) -> String {
    let absolute = directory.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain([name]) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

/// Why a file cannot be read, in the words of Node.js.
fn unread(error: &io::Error, path: &str) -> String {
    match error.kind() {
        // A directory can be opened; reading it fails.
        io::ErrorKind::IsADirectory => "EISDIR: illegal operation on a directory, read".to_owned(),
        _ => unopened(error, path),
    }
}

/// Why a file cannot be opened, in the words of Node.js.
fn unopened(error: &io::Error, path: &str) -> String {
    use io::ErrorKind as Kind;
    let (code, words) = match error.kind() {
        Kind::NotFound => ("ENOENT", "no such file or directory"),
        Kind::PermissionDenied => ("EACCES", "permission denied"),
        Kind::NotADirectory => ("ENOTDIR", "not a directory"),
        Kind::IsADirectory => ("EISDIR", "illegal operation on a directory"),
        Kind::ReadOnlyFilesystem => ("EROFS", "read-only file system"),
        Kind::StorageFull => ("ENOSPC", "no space left on device"),
        _ => return error.to_string(),
    };
    format!("{code}: {words}, open '{path}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-04-15T12:34:56.789Z";

    fn invoked(directory: &Path, args: &[&str]) -> Invoked {
        invoke(args, &mut Disk(directory), NOW, "1776256496789")
    }

    #[test]
    fn a_failed_execution_ends_with_two() {
        let directory = tempfile::tempdir().unwrap();
        let failed = invoked(directory.path(), &["run", "-q", "-i", "FETCH nothing CONFIDENCE 80", "-o", "out.json"]);
        assert_eq!(failed, Invoked { code: 2, stdout: String::new(), stderr: String::new() });
        let result = Json::parse(&std::fs::read_to_string(directory.path().join("out.json")).unwrap()).unwrap();
        assert_eq!(result.get("success"), Some(&Json::Bool(false)));
        assert_eq!(result.get("started").and_then(Json::as_str), Some(NOW));
        assert_eq!(invoked(directory.path(), &["-q", "-i", "DRIFT a METHODOLOGY 1"]).code, 0);
    }

    #[test]
    fn alerts_go_to_their_file() {
        let directory = tempfile::tempdir().unwrap();
        let args = ["run", "-q", "-i", "CHIRP a CHIRP b \"x\"", "-a", "file", "--alert-file", "logs/new/alerts.log"];
        assert_eq!(invoked(directory.path(), &args).code, 0);
        let written = std::fs::read_to_string(directory.path().join("logs/new/alerts.log")).unwrap();
        let lines = [
            "{\"timestamp\":\"2026-04-15T12:34:56.789Z\",\"type\":\"a\",\"message\":\"CAL Alert: a\"}\n",
            "{\"timestamp\":\"2026-04-15T12:34:56.789Z\",\"type\":\"b\",\"message\":\"x\"}\n",
        ];
        assert_eq!(written, lines.concat());
    }

    #[test]
    fn files_hold_lists_or_objects_or_something_else() {
        let directory = tempfile::tempdir().unwrap();
        let cases = [
            ("[{\"id\":1}]", "", None),
            ("{\"entities\":[{\"id\":1}]}", "", None),
            ("{\"entities\":0}", "", None),
            ("7", "", None),
            ("null", "", Some("Failed to load t: Cannot read properties of null (reading 'entities')")),
            ("{\"entities\":{}}", "", Some("collection is not iterable")),
            ("{\"entities\":\"ab\"}", "", None),
            ("{\"entities\":\"ab\"}", " WHERE a > 1", Some("collection.filter is not a function")),
            ("{\"entities\":[", "", Some("Failed to load t: Unexpected end of JSON input")),
        ];
        for (text, filter, error) in cases {
            std::fs::write(directory.path().join("t.json"), text).unwrap();
            let script = format!("FORAGE t{filter} SURFACE m");
            let ran = invoked(directory.path(), &["run", "-q", "-i", &script, "-d", "t.json", "-o", "out.json"]);
            let result = Json::parse(&std::fs::read_to_string(directory.path().join("out.json")).unwrap()).unwrap();
            assert_eq!(result.get("error").and_then(Json::as_str), error, "{text}");
            assert_eq!(ran.code, if error.is_some() { 2 } else { 0 }, "{text}");
        }
    }

    #[test]
    fn paths_are_taken_apart_and_joined_as_by_node() {
        let cases = [("a.json", "."), ("d/a.json", "d"), ("/a", "/"), ("d//a/", "d"), ("./d/a", "./d"), ("/", "/")];
        for (path, directory) in cases {
            assert_eq!(parent(path), directory, "{path}");
        }
        let cases = [(".", "x.json"), ("./d/../e", "e/x.json"), ("/a//b", "/a/b/x.json"), ("../d", "../d/x.json")];
        for (directory, path) in cases {
            assert_eq!(joined(directory, "x.json"), path, "{directory}");
        }
    }
}
