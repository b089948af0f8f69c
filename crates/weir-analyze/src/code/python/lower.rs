//! From the grammar's tree of Python to the tree that is followed.

mod expressions;

use std::rc::Rc;

use tree_sitter::Node;

use crate::code::syntax::{Budget, MOST_TOKENS, children, mostly_errors, parse as parse_tree, too_long};
use crate::code::tree::{Argument, CallExpr, Class, Expr, Function, Pattern, Program, Stmt, excerpt};

/// Reads a program.
pub(super) fn parse(text: &str) -> Program {
    if too_long(text, MOST_TOKENS) {
        return Program { body: Vec::new(), missing: Some("the program is longer than is read") };
    }
    let Some(tree) = parse_tree(&tree_sitter_python::LANGUAGE.into(), text, 1) else {
        return Program { body: Vec::new(), missing: Some("the program takes too long to read") };
    };
    let mut lower = Lower { text, budget: Budget::new() };
    if mostly_errors(tree.root_node()) {
        lower.budget.missing = Some("the program has errors and could not be read");
    }
    let body = lower.block(tree.root_node());
    Program { body, missing: lower.budget.missing }
}

struct Lower<'t> {
    text: &'t str,
    budget: Budget,
}

impl<'t> Lower<'t> {
    fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    fn block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut body = Vec::new();
        if self.budget.enter() {
            for child in children(node) {
                self.stmt(child, &mut body);
            }
            self.budget.leave();
        }
        body
    }

    fn field_block(&mut self, node: Node<'_>, field: &str) -> Vec<Stmt> {
        node.child_by_field_name(field).map(|body| self.block(body)).unwrap_or_default()
    }

    fn stmt(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        if !self.budget.enter() {
            return;
        }
        self.stmt_inner(node, out);
        self.budget.leave();
    }

    fn stmt_inner(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        match node.kind() {
            "expression_statement" => {
                for child in children(node) {
                    self.stmt(child, out);
                }
            }
            "assignment" => {
                let mut patterns = Vec::new();
                let mut node = node;
                let value = loop {
                    if let Some(left) = node.child_by_field_name("left") {
                        patterns.push(self.pattern(left));
                    }
                    match node.child_by_field_name("right") {
                        Some(right) if right.kind() == "assignment" => node = right,
                        Some(right) => break self.expr(right),
                        None => return,
                    }
                };
                out.push(Stmt::Assign(patterns, value));
            }
            "augmented_assignment" => {
                let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
                else {
                    return;
                };
                let operator = node.child_by_field_name("operator").map(|operator| self.source(operator));
                let value = self.expr(right);
                let pattern = self.pattern(left);
                out.push(match operator {
                    Some("+=") => Stmt::Augment(pattern, value),
                    Some("/=") => {
                        let source = excerpt(self.source(right));
                        let old = self.expr(left);
                        Stmt::Assign(vec![pattern], Expr::Div(Box::new(old), Box::new(value), source))
                    }
                    _ => Stmt::Assign(vec![pattern], Expr::Many(vec![value])),
                });
            }
            "if_statement" => self.branches(node, out),
            "for_statement" => {
                let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
                else {
                    return;
                };
                let (pattern, over) = (self.pattern(left), self.expr(right));
                let body = self.field_block(node, "body");
                out.push(Stmt::For(pattern, over, body));
                let rest = self.field_block(node, "alternative");
                out.extend(rest);
            }
            "while_statement" => {
                let condition = self.field(node, "condition");
                out.push(Stmt::Expr(condition));
                let body = self.field_block(node, "body");
                out.push(Stmt::Maybe(body));
            }
            "try_statement" => {
                for child in children(node) {
                    match child.kind() {
                        "block" => {
                            let body = self.block(child);
                            out.push(Stmt::Branches(vec![body, Vec::new()], true));
                        }
                        "except_clause" | "except_group_clause" => {
                            let body = children(child).into_iter().filter(|part| part.kind() == "block");
                            let body = body.flat_map(|block| self.block(block)).collect();
                            out.push(Stmt::Maybe(body));
                        }
                        "finally_clause" | "else_clause" => {
                            for block in children(child) {
                                let body = self.block(block);
                                out.push(Stmt::Block(body));
                            }
                        }
                        _ => {}
                    }
                }
            }
            "with_statement" => {
                for clause in children(node).into_iter().filter(|child| child.kind() == "with_clause") {
                    let mut items = children(clause);
                    // `with (a as b, c as d):` is read as one item with a tuple.
                    if let [only] = items.as_slice()
                        && let Some(value) = only.child_by_field_name("value")
                        && value.kind() == "tuple"
                    {
                        items = children(value);
                    }
                    for item in items {
                        let value = item.child_by_field_name("value").unwrap_or(item);
                        self.stmt(value, out);
                    }
                }
                let body = self.field_block(node, "body");
                out.push(Stmt::Block(body));
            }
            "function_definition" => {
                let name = node.child_by_field_name("name").map(|name| self.source(name)).unwrap_or_default();
                out.push(Stmt::Function(name.to_owned(), self.function(node)));
            }
            "class_definition" => out.push(Stmt::Class(self.class(node))),
            "decorated_definition" => {
                let parts = children(node);
                if let Some(definition) = node.child_by_field_name("definition") {
                    self.stmt(definition, out);
                    let name = definition.child_by_field_name("name").map(|name| self.source(name)).unwrap_or_default();
                    let marked = |mark: &str| {
                        parts.iter().any(|part| part.kind() == "decorator" && self.source(*part).trim() == mark)
                    };
                    if let Some(Stmt::Function(_, function)) = out.last_mut()
                        && let Some(function) = Rc::get_mut(function)
                    {
                        if marked("@staticmethod") {
                            // There is no receiver among its parameters.
                            function.params.insert(0, (Pattern::Skip, None));
                        } else if marked("@classmethod")
                            && let Some((first, _)) = function.params.first_mut()
                        {
                            let class = std::mem::replace(first, Pattern::Skip);
                            *first = Pattern::Or(Box::new(class), Expr::Null);
                        }
                    }
                    let command = parts.iter().any(|part| {
                        let text = self.source(*part).trim_start_matches('@');
                        let text = text.split('(').next().unwrap_or_default();
                        part.kind() == "decorator" && text.ends_with(".command") && text != "click.command"
                    });
                    if command {
                        let args = vec![
                            argument(Expr::Str(name.to_owned()), name),
                            argument(Expr::Name(name.to_owned()), name),
                        ];
                        out.push(Stmt::Expr(call(Expr::Name(super::library::COMMAND.to_owned()), args)));
                    }
                    let at_exit = parts.iter().any(|part| {
                        part.kind() == "decorator" && self.source(*part).trim_start_matches('@') == "atexit.register"
                    });
                    if at_exit {
                        out.push(Stmt::Expr(call(Expr::Name(name.to_owned()), Vec::new())));
                    }
                }
            }
            "import_statement" => {
                for child in children(node) {
                    if child.kind() == "aliased_import" {
                        let (module, name) = self.aliased(child);
                        out.push(Stmt::Import(module, name));
                    } else {
                        let module = self.source(child).to_owned();
                        let first = module.split('.').next().unwrap_or_default().to_owned();
                        // `import a.b` binds `a`; the parts of a module of the library are found by name.
                        out.push(Stmt::Import(first.clone(), first.clone()));
                        if let Some((package, part)) = module.rsplit_once('.') {
                            let name = format!("{package}.{part}");
                            out.push(Stmt::Import(module.clone(), name.clone()));
                            let holder = package
                                .split('.')
                                .skip(1)
                                .fold(Expr::Name(first), |object, part| Expr::Attr(Box::new(object), part.to_owned()));
                            let pattern = Pattern::Attr(holder, part.to_owned());
                            out.push(Stmt::Assign(vec![pattern], Expr::Name(name)));
                        }
                    }
                }
            }
            "import_from_statement" => {
                let module = node.child_by_field_name("module_name");
                let mut names = Vec::new();
                for child in children(node) {
                    if Some(child) == module {
                        continue;
                    }
                    match child.kind() {
                        "aliased_import" => names.push(self.aliased(child)),
                        "dotted_name" => names.push((self.source(child).to_owned(), self.source(child).to_owned())),
                        "wildcard_import" => {
                            let from = module.map(|module| self.source(module)).unwrap_or_default();
                            for name in super::library::names(from) {
                                names.push((name.to_owned(), name.to_owned()));
                            }
                        }
                        _ => {}
                    }
                }
                let module = module.map(|module| self.source(module)).unwrap_or_default();
                out.push(Stmt::ImportFrom(module.to_owned(), names));
            }
            "return_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                out.push(Stmt::Return(value));
            }
            "raise_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                out.push(Stmt::Stop(value));
            }
            "break_statement" | "continue_statement" => out.push(Stmt::Stop(None)),
            "match_statement" => {
                let subject = self.field(node, "subject");
                out.push(Stmt::Expr(subject));
                let mut branches = Vec::new();
                for block in children(node).into_iter().filter(|child| child.kind() == "block") {
                    for case in children(block) {
                        branches.push(self.field_block(case, "consequence"));
                    }
                }
                out.push(Stmt::Branches(branches, false));
            }
            "block" | "module" | "ERROR" => {
                for child in children(node) {
                    self.stmt(child, out);
                }
            }
            "pass_statement"
            | "global_statement"
            | "nonlocal_statement"
            | "comment"
            | "future_import_statement"
            | "type_alias_statement"
            | "delete_statement" => {}
            _ => {
                let value = self.expr(node);
                out.push(Stmt::Expr(value));
            }
        }
    }

    fn branches(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let condition = self.field(node, "condition");
        // `if False:` and `if TYPE_CHECKING:` never run.
        let never = matches!(&condition, Expr::Bool(false) | Expr::Num(0))
            || matches!(&condition, Expr::Name(name) if name == "TYPE_CHECKING");
        // `if __name__ == "__main__":` always does.
        let main = node.child_by_field_name("condition").is_some_and(|condition| {
            let text = self.source(condition);
            text.contains("__name__") && text.contains("__main__") && text.contains("==")
        });
        out.push(Stmt::Expr(condition));
        let test = node.child_by_field_name("condition");
        let narrows = test.map(|test| self.narrows(test, 0)).unwrap_or_default();
        let turned = test.filter(|test| test.kind() == "not_operator").and_then(|test| children(test).first().copied());
        let mut first: Vec<Stmt> = narrows.into_iter().map(|(value, patterns)| narrow(value, patterns)).collect();
        first.extend(self.field_block(node, "consequence"));
        if main {
            out.push(Stmt::Block(first));
            return;
        }
        let mut branches = if never { Vec::new() } else { vec![first] };
        let mut complete = false;
        for child in children(node) {
            match child.kind() {
                "elif_clause" => {
                    let condition = self.field(child, "condition");
                    out.push(Stmt::Expr(condition));
                    branches.push(self.field_block(child, "consequence"));
                }
                "else_clause" => {
                    complete = !never;
                    branches.push(self.field_block(child, "body"));
                }
                _ => {}
            }
        }
        // `if not name.endswith(".x"): continue`: what follows sees the others.
        let skips =
            branches.len() == 1 && matches!(branches.first().and_then(|first| first.last()), Some(Stmt::Stop(None)));
        let after = turned.filter(|_| skips).map(|test| self.narrows(test, 0)).unwrap_or_default();
        let simple =
            test.map(|test| turned.unwrap_or(test)).filter(|test| matches!(test.kind(), "identifier" | "attribute"));
        match simple {
            Some(test) if branches.len() <= 2 && !never => {
                // Its calls have been looked at.
                out.pop_if(|stmt| matches!(stmt, Stmt::Expr(_)));
                let condition = self.expr(test);
                out.push(Stmt::When(condition, turned.is_some(), branches, complete));
            }
            _ => out.push(Stmt::Branches(branches, complete)),
        }
        out.extend(after.into_iter().map(|(value, patterns)| narrow(value, patterns)));
    }

    /// Names of which a condition says how they look.
    pub(super) fn narrows(&mut self, test: Node<'_>, depth: usize) -> Vec<(String, Vec<String>)> {
        if depth > 8 {
            return Vec::new();
        }
        match test.kind() {
            "parenthesized_expression" => {
                children(test).first().map(|inner| self.narrows(*inner, depth + 1)).unwrap_or_default()
            }
            "boolean_operator"
                if test.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "and") =>
            {
                children(test).into_iter().flat_map(|part| self.narrows(part, depth + 1)).collect()
            }
            "call" => {
                let Some(function) = test.child_by_field_name("function") else { return Vec::new() };
                let source = self.source(function);
                let (name, kind) = match source.rsplit_once('.') {
                    Some((name, kind @ ("endswith" | "startswith"))) => (name, kind),
                    _ => return Vec::new(),
                };
                let args = test.child_by_field_name("arguments").map(children).unwrap_or_default();
                let texts = args.first().map(|arg| self.literals(*arg)).unwrap_or_default();
                let make = |text: &String| if kind == "endswith" { format!("*{text}") } else { format!("{text}*") };
                named(name, texts.iter().map(make).collect())
            }
            "comparison_operator" => {
                let parts = children(test);
                let operator = test.child(1).map(|operator| operator.kind()).unwrap_or_default();
                let [left, right] = parts.as_slice() else { return Vec::new() };
                if !matches!(operator, "==" | "in") {
                    return Vec::new();
                }
                let texts = self.literals(*right);
                let source = self.source(*left);
                match source.rsplit_once('.') {
                    Some((name, "suffix")) => named(name, texts.iter().map(|text| format!("*{text}")).collect()),
                    Some((name, "name")) => named(name, texts),
                    _ => named(source, texts),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The texts that stand here; none where not all of them do.
    fn literals(&mut self, node: Node<'_>) -> Vec<String> {
        let one = |expr: Expr| if let Expr::Str(text) = expr { Some(text) } else { None };
        let found: Option<Vec<String>> = match self.expr(node) {
            Expr::List(items) => items.into_iter().map(|(item, _)| one(item)).collect(),
            other => one(other).map(|text| vec![text]),
        };
        found.unwrap_or_default()
    }

    fn aliased(&self, node: Node<'_>) -> (String, String) {
        let text = |field| node.child_by_field_name(field).map(|part| self.source(part)).unwrap_or_default().to_owned();
        (text("name"), text("alias"))
    }

    fn function(&mut self, node: Node<'_>) -> Rc<Function> {
        let mut params = Vec::new();
        let mut rest = false;
        for param in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            match param.kind() {
                "identifier" => params.push((Pattern::Name(self.source(param).to_owned()), None)),
                "default_parameter" | "typed_default_parameter" => {
                    let name = param.child_by_field_name("name").map(|name| self.source(name)).unwrap_or_default();
                    let value = self.field(param, "value");
                    params.push((Pattern::Name(name.to_owned()), Some(value)));
                }
                "typed_parameter" => {
                    let name = children(param).first().map(|name| self.source(*name)).unwrap_or_default();
                    params.push((Pattern::Name(name.to_owned()), None));
                }
                "list_splat_pattern" => {
                    let name = self.source(param).trim_start_matches('*').to_owned();
                    params.push((Pattern::Name(name), None));
                    rest = true;
                    break;
                }
                _ => {}
            }
        }
        let body = match node.child_by_field_name("body") {
            Some(body) if node.kind() == "lambda" => vec![Stmt::Return(Some(self.expr(body)))],
            Some(body) => self.block(body),
            None => Vec::new(),
        };
        Rc::new(Function { params, body, rest })
    }

    fn class(&mut self, node: Node<'_>) -> Rc<Class> {
        let name = node.child_by_field_name("name").map(|name| self.source(name)).unwrap_or_default().to_owned();
        let base = node
            .child_by_field_name("superclasses")
            .and_then(|list| children(list).first().copied())
            .map(|base| self.expr(base));
        let mut methods = Vec::new();
        let mut body = Vec::new();
        for stmt in self.field_block(node, "body") {
            match stmt {
                Stmt::Function(name, function) => methods.push((name, function)),
                other => body.push(other),
            }
        }
        Rc::new(Class { name, base, methods, body })
    }

    fn pattern(&mut self, node: Node<'_>) -> Pattern {
        if !self.budget.enter() {
            return Pattern::Skip;
        }
        let pattern = match node.kind() {
            "identifier" => Pattern::Name(self.source(node).to_owned()),
            "as_pattern_target" => match children(node).first() {
                Some(inner) => self.pattern(*inner),
                None => Pattern::Name(self.source(node).to_owned()),
            },
            "pattern_list" | "tuple_pattern" | "list_pattern" => {
                Pattern::List(children(node).into_iter().map(|part| self.pattern(part)).collect())
            }
            "attribute" => {
                let object = self.field(node, "object");
                let name = node.child_by_field_name("attribute").map(|name| self.source(name)).unwrap_or_default();
                Pattern::Attr(object, name.to_owned())
            }
            "subscript" => Pattern::Index(self.field(node, "value"), self.field(node, "subscript")),
            _ => Pattern::Skip,
        };
        self.budget.leave();
        pattern
    }
}

/// A name and the patterns that it fits; the parts of names are not looked at.
fn named(name: &str, patterns: Vec<String>) -> Vec<(String, Vec<String>)> {
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let fit = patterns.iter().all(|pattern| !pattern.contains(['/', '*', '?', '[']) || pattern.starts_with('*'));
    if plain && fit && !patterns.is_empty() && patterns.len() <= 16 {
        vec![(name.to_owned(), patterns)]
    } else {
        Vec::new()
    }
}

fn narrow(name: String, patterns: Vec<String>) -> Stmt {
    let value = Expr::Narrowed(Box::new(Expr::Name(name.clone())), patterns);
    // Only where it is bound: other names stay what they are.
    Stmt::Narrow(name, value)
}

fn argument(value: Expr, source: &str) -> Argument {
    Argument { name: None, spread: false, value, source: excerpt(source) }
}

fn call(callee: Expr, args: Vec<Argument>) -> Expr {
    Expr::Call(Box::new(CallExpr { callee, receiver: String::new(), args, template: false }))
}
