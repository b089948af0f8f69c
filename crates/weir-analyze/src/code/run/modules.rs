//! Code that a program runs beside itself: texts, and modules in other files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Frame, MOST_MODULE, MOST_MODULES, MOST_TEXTS, Machine};
use crate::call::Language;
use crate::code::tree::Stmt;
use crate::code::value::Val;

impl Machine<'_, '_> {
    /// Code in the program's own language.
    pub(in crate::code) fn eval_text(&mut self, value: &Val, source: &str, through: &str) -> Val {
        let mut result = Val::Unknown;
        for value in value.each() {
            match &value {
                Val::Str(text) => match text.text() {
                    Some(text) if self.texts < MOST_TEXTS => {
                        self.texts += 1;
                        let program = (self.dialect.parse)(text, "");
                        if let Some(why) = program.missing {
                            self.cut(why);
                        }
                        for stmt in &program.body {
                            match stmt {
                                Stmt::Expr(expr) => result = self.expr(expr),
                                stmt => self.stmt(stmt),
                            }
                        }
                    }
                    Some(_) => self.cut("texts run texts deeper than is followed"),
                    None => self.hidden(source, "the program runs code that it computes"),
                },
                Val::Content(file) => match file.text().and_then(|text| self.path(text)) {
                    Some(path) => self.out.file(self.dialect.language, path, &[], through),
                    None => self.hidden(source, "the program runs code from a file whose name is computed"),
                },
                Val::Null | Val::Function(..) => {}
                _ => self.hidden(source, "the program runs code that it computes"),
            }
        }
        result
    }

    /// The directory of the program, else the one in which it runs.
    pub(in crate::code) fn home_dir(&self) -> Option<PathBuf> {
        // What is read from another file has a place of its own.
        if let Some(base) = self.base.as_ref().filter(|_| self.dialect.language != Language::Python) {
            return Some(base.clone());
        }
        let script = self.call.argv.first().and_then(|arg| arg.text()).filter(|text| text.contains(['/', '.']));
        match script.and_then(|text| self.call.path(text)) {
            Some(path) => path.parent().map(Path::to_path_buf),
            None => self.call.cwd.clone(),
        }
    }

    /// A module: one beside the program is read, every other one is known by its name.
    pub(in crate::code) fn module(&mut self, name: &str) -> Val {
        let known = Val::lib(name.to_owned());
        // Python's names begin at the program, unless they begin with a dot.
        let dir = self.base.clone().filter(|_| name.starts_with('.')).or_else(|| self.home_dir());
        let Some(dir) = dir else { return known };
        for file in (self.dialect.module)(name) {
            let path = crate::call::normalize(&dir.join(file));
            if let Some(frame) = self.modules.get(&path) {
                return self.members(*frame);
            }
            // A name that is no file costs nothing.
            if self.call.world.kind(&path).is_none() {
                continue;
            }
            if self.modules.len() >= MOST_MODULES {
                self.cut("more modules than are read");
                return known;
            }
            let Some(bytes) = self.call.world.read(&path, MOST_MODULE) else { continue };
            self.out.pin(path.clone(), &bytes);
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let program = (self.dialect.parse)(&text, path.to_str().unwrap_or_default());
            if let Some(why) = program.missing {
                self.cut(why);
            }
            let frame = self.frames.len();
            self.frames.push(Frame::default());
            let base = std::mem::replace(&mut self.base, path.parent().map(Path::to_path_buf));
            self.modules.insert(path, frame);
            let outer = std::mem::replace(&mut self.frame, frame);
            let conditional = std::mem::take(&mut self.conditional);
            self.set("__name__", Val::str(name));
            let exports = self.object(Vec::new());
            let module = self.object(vec![("exports".to_owned(), exports.clone())]);
            self.set("module", module);
            self.set("exports", exports);
            self.block(&program.body);
            self.stopped = false;
            self.conditional = conditional;
            self.frame = outer;
            self.base = base;
            return self.members(frame);
        }
        known
    }

    /// Runs another file as if its text stood in the program itself. False where there is none that can be read.
    pub(in crate::code) fn include(&mut self, path: PathBuf) -> bool {
        if self.modules.contains_key(&path) {
            return true;
        }
        if self.call.world.kind(&path).is_none() {
            return false;
        }
        if self.modules.len() >= MOST_MODULES {
            self.cut("more modules than are read");
            return false;
        }
        let Some(bytes) = self.call.world.read(&path, MOST_MODULE) else { return false };
        self.out.pin(path.clone(), &bytes);
        let program = (self.dialect.parse)(&String::from_utf8_lossy(&bytes), path.to_str().unwrap_or_default());
        if let Some(why) = program.missing {
            self.cut(why);
        }
        let base = std::mem::replace(&mut self.base, path.parent().map(Path::to_path_buf));
        self.modules.insert(path, 0);
        let outer = std::mem::take(&mut self.frame);
        let conditional = std::mem::take(&mut self.conditional);
        self.block(&program.body);
        self.stopped = false;
        self.conditional = conditional;
        self.frame = outer;
        self.base = base;
        true
    }

    /// A new object.
    pub(in crate::code) fn object(&mut self, fields: Vec<(String, Val)>) -> Val {
        self.objects.push(fields.into_iter().collect());
        Val::Object(self.objects.len() - 1)
    }

    /// A field of an object.
    pub(in crate::code) fn field(&self, object: &Val, name: &str) -> Option<Val> {
        match object {
            Val::Object(at) => self.objects.get(*at)?.get(name).cloned(),
            _ => None,
        }
    }

    /// Sets a field of an object.
    pub(in crate::code) fn set_field(&mut self, object: &Val, name: &str, value: Val) {
        if let Val::Object(at) = object
            && let Some(fields) = self.objects.get_mut(*at)
        {
            fields.insert(name.to_owned(), value);
        }
    }

    /// What a module of CommonJS exports, where it exports anything.
    pub(in crate::code) fn exports(&self, module: &Val) -> Option<Val> {
        let exports = self.field(&self.field(module, "module")?, "exports")?;
        match &exports {
            Val::Object(at) if self.objects.get(*at).is_none_or(HashMap::is_empty) => None,
            _ => Some(exports),
        }
    }

    pub(in crate::code) fn members(&mut self, frame: usize) -> Val {
        let names = self.frames.get(frame).map(|frame| frame.names.clone()).unwrap_or_default();
        // `module.exports = ...` and `exports.x = ...` are fields of an object of that name.
        let object = self.objects.len();
        self.objects.push(names);
        Val::Object(object)
    }
}
