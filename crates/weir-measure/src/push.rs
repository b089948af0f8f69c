//! Which refs of a remote a push replaces and which it deletes: what git makes of the refspecs and of the configuration.
//!
//! Where git would refuse (`push.default=simple` and a branch that follows one of another name), what it would do under a milder
//! setting is told: a refusal loses nothing, and the figures are larger than the truth then.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use weir_model::RemotePush;

use crate::budget::Budget;
use crate::repository::Trouble;

const HEADS: &str = "refs/heads/";

/// One ref of a remote that a push changes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// The revision here that it becomes; `None`: it is deleted.
    pub(crate) from: Option<String>,
    /// Its full name there.
    pub(crate) to: String,
}

/// What a push does.
pub(crate) struct Plan {
    /// The remote, by its name or its address.
    pub(crate) remote: String,
    pub(crate) seen: Seen,
    pub(crate) updates: Vec<Update>,
    /// Patterns of refs there that may change and that nobody sees from here.
    pub(crate) unseen: BTreeSet<String>,
    /// Which refs are pushed is not known.
    pub(crate) unknown: bool,
}

/// Finds out what `push` does.
pub(crate) fn plan(git: &gix::Repository, push: &RemotePush, budget: &Budget) -> Result<Plan, Trouble> {
    let config = Config { git, settings: &push.settings };
    let branch = match &push.branch {
        Some(branch) => Some(branch.clone()),
        None => git.head_name().ok().flatten().map(|name| name.shorten().to_str_lossy().into_owned()),
    };
    let remote = if push.remote.is_empty() { default_remote(&config, branch.as_deref()) } else { push.remote.clone() };
    let seen = Seen::of(git, &remote);
    let plan = Plan { remote, seen, updates: Vec::new(), unseen: BTreeSet::new(), unknown: false };
    let mut planner = Planner { git, config, push, branch, plan, without: Vec::new(), budget };
    planner.all()?;
    Ok(planner.plan)
}

/// The remote to which git pushes where it is told none.
fn default_remote(config: &Config<'_>, branch: Option<&str>) -> String {
    let of_branch = |name: &str| config.one(&format!("branch.{}.{name}", branch?));
    let named = of_branch("pushRemote").or_else(|| config.one("remote.pushDefault")).or_else(|| of_branch("remote"));
    named.unwrap_or_else(|| {
        // The only one there is, whatever its name.
        let names = config.git.remote_names();
        let mut names = names.iter();
        match (names.next(), names.next()) {
            (Some(only), None) => only.to_string(),
            _ => "origin".to_owned(),
        }
    })
}

/// Git's configuration: what analysis has read of it, which knows the person's own and that of the command line, and else what is
/// in the repository.
struct Config<'a> {
    git: &'a gix::Repository,
    settings: &'a [String],
}

impl Config<'_> {
    fn all(&self, key: &str) -> Vec<String> {
        let given = self.settings.iter().filter_map(|setting| setting.split_once('='));
        let given: Vec<String> =
            given.filter(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.to_owned()).collect();
        if !given.is_empty() {
            return given;
        }
        let found = self.git.config_snapshot().plumbing().strings(key);
        found.unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    fn one(&self, key: &str) -> Option<String> {
        self.all(key).pop()
    }
}

/// Where the refs of a remote, as they were last seen, are kept here.
pub(crate) struct Seen {
    /// Patterns of names there, and of names here.
    rules: Vec<(String, String)>,
    names: OnceCell<Rc<BTreeSet<String>>>,
}

impl Seen {
    /// By the refspecs with which the remote is fetched; by git's ordinary ones where it has none.
    fn of(git: &gix::Repository, remote: &str) -> Self {
        let specs = Config { git, settings: &[] }.all(&format!("remote.{remote}.fetch"));
        let rule = |spec: &String| {
            let (from, to) = spec.trim_start_matches('+').split_once(':')?;
            // A mirror keeps them where the own ones are: those say nothing of what was seen.
            (from.starts_with("refs/") && to.starts_with("refs/remotes/")).then(|| (from.to_owned(), to.to_owned()))
        };
        let rules = if specs.is_empty() {
            vec![(format!("{HEADS}*"), format!("refs/remotes/{remote}/*"))]
        } else {
            specs.iter().filter_map(rule).collect()
        };
        Self { rules, names: OnceCell::new() }
    }

    /// Where the ref that has this name there is kept; `None` where it is not fetched.
    pub(crate) fn kept(&self, there: &str) -> Option<String> {
        self.rules.iter().find_map(|(from, to)| fitted(from, there, to))
    }

    /// Everything that was seen there, by its full names.
    pub(crate) fn names(&self, git: &gix::Repository, budget: &Budget) -> Result<Rc<BTreeSet<String>>, Trouble> {
        if let Some(names) = self.names.get() {
            return Ok(Rc::clone(names));
        }
        let mut names = BTreeSet::new();
        for (from, to) in &self.rules {
            for (name, _) in matching(git, to, budget)? {
                names.extend(fitted(to, &name, from));
            }
        }
        Ok(Rc::clone(self.names.get_or_init(|| Rc::new(names))))
    }
}

/// What one refspec means.
enum Spec {
    /// Every branch that both sides have (`:`).
    Matching,
    /// Whatever fits the first pattern becomes what the second says.
    Pattern { from: String, to: String },
    /// One ref; without `from` it is deleted.
    One { from: Option<String>, to: String },
    /// What fits is left alone.
    Not(String),
}

struct Planner<'a> {
    git: &'a gix::Repository,
    config: Config<'a>,
    push: &'a RemotePush,
    branch: Option<String>,
    plan: Plan,
    /// Patterns of names here that are left out.
    without: Vec<String>,
    budget: &'a Budget,
}

impl Planner<'_> {
    fn all(&mut self) -> Result<(), Trouble> {
        let written = if self.push.refspecs.is_empty() { self.defaults() } else { self.push.refspecs.clone() };
        if self.push.delete {
            for name in written {
                let name = name.trim_start_matches('+');
                let to = self.named_there(None, name.strip_prefix(':').unwrap_or(name));
                self.update(None, to);
            }
            return Ok(());
        }
        let mut specs: Vec<(bool, Spec)> = Vec::new();
        // What the configuration says is not asked of the configuration again.
        let is_final = self.push.refspecs.is_empty();
        for written in &written {
            match self.read(written, is_final) {
                Spec::Not(pattern) => self.without.push(pattern),
                spec => specs.push((written.starts_with('+') || !self.push.prune, spec)),
            }
        }
        // Refs there that get something, whether or not they lose by it.
        let mut served = BTreeSet::new();
        for (replaces, spec) in &specs {
            self.serve(spec, *replaces, &mut served)?;
        }
        if self.push.prune { self.prune(&specs, &served) } else { Ok(()) }
    }

    /// What git pushes where it is told nothing.
    fn defaults(&mut self) -> Vec<String> {
        let own = self.config.all(&format!("remote.{}.push", self.plan.remote));
        if !own.is_empty() {
            return own;
        }
        let how = self.config.one("push.default").unwrap_or_default();
        match (how.as_str(), &self.branch) {
            ("matching", _) => vec![":".to_owned()],
            // Git refuses.
            ("nothing", _) => Vec::new(),
            ("upstream" | "tracking", Some(branch)) => {
                let to = self.followed(branch).unwrap_or_else(|| format!("{HEADS}{branch}"));
                vec![format!("{HEADS}{branch}:{to}")]
            }
            (_, Some(branch)) => vec![format!("{HEADS}{branch}:{HEADS}{branch}")],
            (_, None) => {
                self.plan.unknown = true;
                Vec::new()
            }
        }
    }

    /// The branch of its remote that `branch` follows.
    fn followed(&self, branch: &str) -> Option<String> {
        let mut all = self.config.all(&format!("branch.{branch}.merge"));
        // Git refuses where there are several.
        all.pop().filter(|name| name.starts_with("refs/") && all.is_empty())
    }

    fn read(&self, written: &str, is_final: bool) -> Spec {
        if let Some(pattern) = written.strip_prefix('^') {
            return Spec::Not(pattern.to_owned());
        }
        let spec = written.strip_prefix('+').unwrap_or(written);
        match spec.split_once(':') {
            Some(("", "")) => Spec::Matching,
            None if spec.is_empty() => Spec::Matching,
            Some(("", to)) => Spec::One { from: None, to: self.named_there(None, to) },
            Some((from, to)) if from.contains('*') && to.contains('*') => {
                Spec::Pattern { from: from.to_owned(), to: to.to_owned() }
            }
            Some((from, to)) => Spec::One { to: self.named_there(Some(from), to), from: Some(from.to_owned()) },
            None if spec.contains('*') => Spec::Pattern { from: spec.to_owned(), to: spec.to_owned() },
            None => {
                // Neither is it where there is a `+`.
                let to = self.meant(spec, is_final || written.starts_with('+'));
                Spec::One { from: Some(spec.to_owned()), to }
            }
        }
    }

    /// The name there of a ref that is named once; the configuration may map it, unless it is final.
    fn meant(&self, name: &str, is_final: bool) -> String {
        if name == "HEAD" || name == "@" {
            return format!("{HEADS}{}", self.branch.as_deref().unwrap_or_default());
        }
        let Some(full) = self.full(name) else { return self.named_there(Some(name), name) };
        if is_final {
            return full;
        }
        let own = self.config.all(&format!("remote.{}.push", self.plan.remote));
        let by_remote = own.iter().find_map(|spec| {
            let (from, to) = spec.trim_start_matches('+').split_once(':')?;
            fitted(from, &full, to)
        });
        if let Some(to) = by_remote {
            return to;
        }
        let how = self.config.one("push.default").unwrap_or_default();
        let branch = full.strip_prefix(HEADS).filter(|_| matches!(how.as_str(), "upstream" | "tracking"));
        branch.and_then(|branch| self.followed(branch)).unwrap_or(full)
    }

    /// The full name of the branch or tag here that git takes `name` for.
    fn full(&self, name: &str) -> Option<String> {
        if name.starts_with("refs/") {
            return value(self.git, name).is_some().then(|| name.to_owned());
        }
        let mut found = [HEADS, "refs/tags/"].map(|prefix| format!("{prefix}{name}")).into_iter();
        let mut found = found.by_ref().filter(|name| value(self.git, name).is_some());
        // Git refuses where both are there.
        found.next().filter(|_| found.next().is_none())
    }

    /// The full name of what is written as the other side of a refspec.
    fn named_there(&self, from: Option<&str>, to: &str) -> String {
        if to.starts_with("refs/") {
            return to.to_owned();
        }
        if to == "HEAD" || to == "@" {
            return format!("{HEADS}{}", self.branch.as_deref().unwrap_or_default());
        }
        let is = |name: &str| value(self.git, name).is_some();
        let was_seen = self.plan.seen.kept(&format!("{HEADS}{to}")).is_some_and(|name| is(&name));
        let is_tag = |name: &str| {
            let short = name.strip_prefix("refs/tags/").unwrap_or(name);
            is(&format!("refs/tags/{short}")) && !is(&format!("{HEADS}{name}"))
        };
        if !was_seen && is_tag(from.unwrap_or(to)) { format!("refs/tags/{to}") } else { format!("{HEADS}{to}") }
    }

    fn update(&mut self, from: Option<String>, to: String) {
        let update = Update { from, to };
        if !self.plan.updates.contains(&update) {
            self.plan.updates.push(update);
        }
    }

    /// The revision here, where `HEAD` is what it will be.
    fn revision(&self, written: &str) -> String {
        let Some(branch) = &self.push.branch else { return written.to_owned() };
        let rest = ["HEAD", "@"].iter().find_map(|head| written.strip_prefix(head));
        match rest.filter(|rest| rest.is_empty() || rest.starts_with(['~', '^'])) {
            Some(rest) => format!("{HEADS}{branch}{rest}"),
            None => written.to_owned(),
        }
    }

    fn is_left_out(&self, name: &str) -> bool {
        self.without.iter().any(|pattern| fitted(pattern, name, pattern).is_some())
    }

    fn serve(&mut self, spec: &Spec, replaces: bool, served: &mut BTreeSet<String>) -> Result<(), Trouble> {
        let (from, to) = match spec {
            Spec::Not(_) => return Ok(()),
            Spec::One { from, to } => {
                let from = from.as_deref().map(|from| self.revision(from));
                served.insert(to.clone());
                if replaces || from.is_none() {
                    self.update(from, to.clone());
                }
                return Ok(());
            }
            Spec::Matching => (format!("{HEADS}*"), format!("{HEADS}*")),
            Spec::Pattern { from, to } => (from.clone(), to.clone()),
        };
        let names = self.plan.seen.names(self.git, self.budget)?;
        for (name, own) in matching(self.git, &from, self.budget)? {
            let Some(there) = fitted(&from, &name, &to).filter(|_| !self.is_left_out(&name)) else { continue };
            if matches!(spec, Spec::Matching) && !names.contains(&there) {
                continue;
            }
            served.insert(there.clone());
            // What was not seen is new there, or is among what is not seen.
            let differs = || self.plan.seen.kept(&there).and_then(|kept| value(self.git, &kept)) != Some(own);
            if replaces && names.contains(&there) && differs() {
                self.update(Some(name), there);
            }
        }
        if replaces {
            self.not_seen(&to, names.is_empty());
        }
        Ok(())
    }

    /// Says that nobody sees all that fits `pattern` there.
    fn not_seen(&mut self, pattern: &str, nothing_seen: bool) {
        let fixed = pattern.split('*').next().unwrap_or_default();
        let all_seen = self.plan.seen.rules.iter().any(|(from, _)| {
            let (start, end) = from.split_once('*').unwrap_or((from, "-"));
            end.is_empty() && fixed.starts_with(start)
        });
        if nothing_seen || !all_seen {
            self.plan.unseen.insert(pattern.to_owned());
        }
    }

    /// What was seen there, fits a pattern, and has no counterpart here. The first pattern that fits decides.
    fn prune(&mut self, specs: &[(bool, Spec)], served: &BTreeSet<String>) -> Result<(), Trouble> {
        let all = format!("{HEADS}*");
        let mut patterns: Vec<(&str, &str)> = specs
            .iter()
            .filter_map(|(_, spec)| match spec {
                Spec::Pattern { from, to } => Some((from.as_str(), to.as_str())),
                _ => None,
            })
            .collect();
        if specs.iter().any(|(_, spec)| matches!(spec, Spec::Matching)) {
            patterns.push((&all, &all));
        }
        let names = self.plan.seen.names(self.git, self.budget)?;
        for there in names.iter() {
            if served.contains(there) {
                continue;
            }
            let counterpart = patterns.iter().find_map(|(from, to)| fitted(to, there, from));
            let gone = counterpart.is_some_and(|name| !self.is_left_out(&name) && value(self.git, &name).is_none());
            if gone {
                self.update(None, there.clone());
            }
        }
        for (_, to) in &patterns {
            self.not_seen(to, names.is_empty());
        }
        Ok(())
    }
}

/// What `name` becomes, which fits the pattern `from`, by the pattern `to`.
fn fitted(from: &str, name: &str, to: &str) -> Option<String> {
    let Some((start, end)) = from.split_once('*') else { return (from == name).then(|| to.to_owned()) };
    let middle = name.strip_prefix(start)?.strip_suffix(end)?;
    Some(to.replacen('*', middle, 1))
}

/// The refs here whose names fit `pattern`, but for those that only lead to another one.
fn matching(git: &gix::Repository, pattern: &str, budget: &Budget) -> Result<Vec<(String, ObjectId)>, Trouble> {
    let mut found = Vec::new();
    let Some((start, _)) = pattern.split_once('*') else {
        found.extend(value(git, pattern).map(|id| (pattern.to_owned(), id)));
        return Ok(found);
    };
    // Refs are looked up by directory.
    let directory = start.rfind('/').and_then(|at| start.get(..=at)).unwrap_or("refs/");
    let platform = git.references().map_err(|_| Trouble::Commits)?;
    // What cannot be the name of a ref (an address) has none.
    let Ok(references) = platform.prefixed(directory) else { return Ok(found) };
    for reference in references.filter_map(Result::ok) {
        if budget.step() {
            return Err(Trouble::Time);
        }
        let Some(id) = reference.try_id().map(gix::Id::detach) else { continue };
        let name = reference.name().as_bstr().to_str_lossy().into_owned();
        if fitted(pattern, &name, pattern).is_some() {
            found.push((name, id));
        }
    }
    Ok(found)
}

/// The value of the ref with this very name, which may lead to an object that is not here.
pub(crate) fn value(git: &gix::Repository, name: &str) -> Option<ObjectId> {
    let reference = git.try_find_reference(name).ok()??;
    let full: &BStr = reference.name().as_bstr();
    (full == name.as_bytes().as_bstr()).then(|| reference.try_id().map(gix::Id::detach))?
}
