//! From the grammar's tree of JavaScript to the tree that is followed.

mod expressions;
mod types;

use std::rc::Rc;

use tree_sitter::{Node, Tree};

use crate::code::syntax::{
    Budget, MOST_TOKENS, broken, children, escape, mostly_errors, parse as parse_tree, too_long,
};
use crate::code::tree::{Class, Expr, Function, Pattern, Program, Stmt};

const TOO_SLOW: &str = "the program takes too long to read";

/// Reads a program. What the grammar of JavaScript does not understand, and what is named so, may have types.
pub(super) fn parse(text: &str, name: &str) -> Program {
    if too_long(text, MOST_TOKENS) {
        return Program { body: Vec::new(), missing: Some("the program is longer than is read") };
    }
    let typed = [".ts", ".mts", ".cts"].iter().any(|end| name.ends_with(end));
    let grammars = [tree_sitter_javascript::LANGUAGE, tree_sitter_typescript::LANGUAGE_TYPESCRIPT];
    let mut best: Option<Tree> = None;
    let mut missing = None;
    for at in if typed { [1, 0] } else { [0, 1] } {
        let Some(tree) = grammars.get(at).and_then(|grammar| parse_tree(&(*grammar).into(), text, grammars.len()))
        else {
            missing = Some(TOO_SLOW);
            continue;
        };
        let clean = !tree.root_node().has_error();
        if clean || best.as_ref().is_none_or(|best| errors(best) > errors(&tree)) {
            best = Some(tree);
        }
        if clean {
            missing = None;
            break;
        }
    }
    let Some(tree) = best else {
        return Program { body: Vec::new(), missing: Some(TOO_SLOW) };
    };
    let mut lower = Lower { text, budget: Budget::new() };
    lower.budget.missing = missing;
    if mostly_errors(tree.root_node()) {
        lower.budget.missing = Some("the program has errors and could not be read");
    }
    let body = lower.block(tree.root_node());
    Program { body, missing: lower.budget.missing }
}

fn errors(tree: &Tree) -> (bool, usize) {
    (tree.root_node().is_error(), broken(tree.root_node()))
}

struct Lower<'t> {
    text: &'t str,
    budget: Budget,
}

impl<'t> Lower<'t> {
    fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    /// The statements of a block; functions first, as the language has it.
    fn block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut body = Vec::new();
        if !self.budget.enter() {
            return body;
        }
        for child in children(node) {
            self.stmt(child, &mut body);
        }
        self.budget.leave();
        let (mut functions, rest): (Vec<Stmt>, Vec<Stmt>) =
            body.into_iter().partition(|stmt| matches!(stmt, Stmt::Function(..)));
        functions.extend(rest);
        functions
    }

    fn field_block(&mut self, node: Node<'_>, field: &str) -> Vec<Stmt> {
        match node.child_by_field_name(field) {
            Some(body) if body.kind() == "statement_block" => self.block(body),
            Some(body) => {
                let mut out = Vec::new();
                self.stmt(body, &mut out);
                out
            }
            None => Vec::new(),
        }
    }

    fn field(&mut self, node: Node<'_>, field: &str) -> Expr {
        node.child_by_field_name(field).map_or(Expr::Null, |node| self.expr(node))
    }

    fn field_text(&self, node: Node<'_>, field: &str) -> String {
        node.child_by_field_name(field).map(|node| self.source(node)).unwrap_or_default().to_owned()
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
            "expression_statement" | "ERROR" | "labeled_statement" => {
                for child in children(node) {
                    self.stmt(child, out);
                }
            }
            "lexical_declaration" | "variable_declaration" | "using_declaration" => {
                for declarator in children(node) {
                    if let Some(name) = declarator.child_by_field_name("name") {
                        let pattern = self.pattern(name);
                        let value = self.field(declarator, "value");
                        out.push(Stmt::Assign(vec![pattern], value));
                    }
                }
            }
            "function_declaration" | "generator_function_declaration" => {
                out.push(Stmt::Function(self.field_text(node, "name"), self.function(node)));
            }
            "class_declaration" | "abstract_class_declaration" => out.push(Stmt::Class(self.class(node))),
            "enum_declaration" => self.enumeration(node, out),
            "internal_module" | "module" => self.namespace(node, out),
            // Types, and what is defined somewhere else.
            "interface_declaration" | "type_alias_declaration" | "ambient_declaration" | "function_signature" => {}
            "if_statement" => self.branches(node, out),
            "for_in_statement" => {
                let Some(left) = node.child_by_field_name("left") else { return };
                let keys = self.field_text(node, "operator") == "in";
                let (pattern, over) = (self.pattern(left), self.field(node, "right"));
                let body = self.field_block(node, "body");
                let over = if keys { Expr::Many(vec![over]) } else { over };
                out.push(Stmt::For(pattern, over, body));
            }
            "for_statement" => {
                if let Some(start) = node.child_by_field_name("initializer") {
                    self.stmt(start, out);
                }
                let mut body = vec![Stmt::Expr(self.field(node, "condition"))];
                // The counter is not known in the body.
                if let Some(start) = node.child_by_field_name("initializer") {
                    for declarator in children(start) {
                        if let Some(name) = declarator.child_by_field_name("name") {
                            let pattern = self.pattern(name);
                            out.push(Stmt::Assign(vec![pattern], Expr::Many(Vec::new())));
                        }
                    }
                }
                body.extend(self.field_block(node, "body"));
                out.push(Stmt::Maybe(body));
            }
            "while_statement" | "do_statement" => {
                let condition = self.field(node, "condition");
                out.push(Stmt::Expr(condition));
                let body = self.field_block(node, "body");
                out.push(Stmt::Maybe(body));
            }
            "try_statement" => {
                let body = self.field_block(node, "body");
                out.push(Stmt::Branches(vec![body, Vec::new()], true));
                if let Some(handler) = node.child_by_field_name("handler") {
                    let body = self.field_block(handler, "body");
                    out.push(Stmt::Maybe(body));
                }
                if let Some(last) = node.child_by_field_name("finalizer") {
                    let body = self.field_block(last, "body");
                    out.push(Stmt::Block(body));
                }
            }
            "switch_statement" => {
                let value = self.field(node, "value");
                out.push(Stmt::Expr(value));
                let mut branches = Vec::new();
                for case in node.child_by_field_name("body").map(children).unwrap_or_default() {
                    let mut body = Vec::new();
                    for child in children(case) {
                        self.stmt(child, &mut body);
                    }
                    branches.push(body);
                }
                out.push(Stmt::Branches(branches, false));
            }
            "statement_block" => {
                let body = self.block(node);
                out.push(Stmt::Block(body));
            }
            "return_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                out.push(Stmt::Return(value));
            }
            "throw_statement" => {
                let value = children(node).first().map(|value| self.expr(*value));
                out.push(Stmt::Stop(value));
            }
            "break_statement" | "continue_statement" => out.push(Stmt::Stop(None)),
            "import_statement" => self.import(node, out),
            "export_statement" => self.export(node, out),
            "empty_statement" | "debugger_statement" | "hash_bang_line" => {}
            _ => {
                let value = self.expr(node);
                out.push(Stmt::Expr(value));
            }
        }
    }

    fn branches(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let mut branches = Vec::new();
        let mut complete = false;
        // `else if` is a chain, not a nest.
        let mut next = Some(node);
        while let Some(node) = next.take() {
            let condition = self.field(node, "condition");
            let never = matches!(condition, Expr::Bool(false) | Expr::Num(0));
            out.push(Stmt::Expr(condition));
            if !never {
                branches.push(self.field_block(node, "consequence"));
            }
            if let Some(other) =
                node.child_by_field_name("alternative").and_then(|other| children(other).first().copied())
            {
                if other.kind() == "if_statement" {
                    next = Some(other);
                } else {
                    let mut body = Vec::new();
                    self.stmt(other, &mut body);
                    branches.push(body);
                    complete = true;
                }
            }
        }
        out.push(Stmt::Branches(branches, complete));
    }

    fn string_text(&self, node: Node<'_>) -> String {
        let mut out = String::new();
        for child in children(node) {
            match child.kind() {
                "escape_sequence" => out.push_str(&escape(self.source(child))),
                _ => out.push_str(self.source(child)),
            }
        }
        out
    }

    fn import(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        // `import x = require("y")` of TypeScript.
        let required = children(node).into_iter().find(|child| child.kind() == "import_require_clause");
        if let Some(clause) = required
            && let (Some(name), Some(source)) = (children(clause).first(), clause.child_by_field_name("source"))
        {
            out.push(Stmt::Import(self.string_text(source), self.source(*name).to_owned()));
            return;
        }
        let Some(source) = node.child_by_field_name("source") else { return };
        let module = self.string_text(source);
        let mut names = Vec::new();
        let mut any = false;
        for clause in children(node).into_iter().filter(|child| child.kind() == "import_clause") {
            any = true;
            for part in children(clause) {
                match part.kind() {
                    "identifier" => names.push(("default".to_owned(), self.source(part).to_owned())),
                    "namespace_import" => {
                        if let Some(name) = children(part).first() {
                            out.push(Stmt::Import(module.clone(), self.source(*name).to_owned()));
                        }
                    }
                    "named_imports" => {
                        for name in children(part) {
                            let from = self.field_text(name, "name");
                            let alias = self.field_text(name, "alias");
                            names.push((from.clone(), if alias.is_empty() { from } else { alias }));
                        }
                    }
                    _ => {}
                }
            }
        }
        if !any {
            out.push(Stmt::Import(module, String::new()));
        } else if !names.is_empty() {
            out.push(Stmt::ImportFrom(module, names));
        }
    }

    fn export(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        if let Some(declaration) = node.child_by_field_name("declaration") {
            self.stmt(declaration, out);
            let is_default = self.source(node).get(..40).unwrap_or_else(|| self.source(node)).contains("default");
            if is_default {
                let name = self.field_text(declaration, "name");
                out.push(Stmt::Assign(vec![Pattern::Name("default".to_owned())], Expr::Name(name)));
            }
        } else if node.child_by_field_name("value").is_some() {
            let value = self.field(node, "value");
            out.push(Stmt::Assign(vec![Pattern::Name("default".to_owned())], value));
        }
    }

    fn function(&mut self, node: Node<'_>) -> Rc<Function> {
        let mut params = Vec::new();
        let mut fields = Vec::new();
        let mut rest = false;
        if let Some(only) = node.child_by_field_name("parameter") {
            params.push((self.pattern(only), None));
        }
        for param in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            match param.kind() {
                "assignment_pattern" => {
                    let pattern = param.child_by_field_name("left").map_or(Pattern::Skip, |left| self.pattern(left));
                    let value = self.field(param, "right");
                    params.push((pattern, Some(value)));
                }
                "rest_pattern" => {
                    let inner = children(param).first().copied().unwrap_or(param);
                    params.push((self.pattern(inner), None));
                    rest = true;
                }
                "required_parameter" | "optional_parameter" => {
                    self.parameter(param, &mut params, &mut fields, &mut rest)
                }
                "ERROR" | "decorator" => {}
                _ => params.push((self.pattern(param), None)),
            }
        }
        let body = match node.child_by_field_name("body") {
            Some(body) if body.kind() == "statement_block" => {
                fields.extend(self.block(body));
                fields
            }
            Some(body) => vec![Stmt::Return(Some(self.expr(body)))],
            None => Vec::new(),
        };
        Rc::new(Function { params, body, rest })
    }

    fn class(&mut self, node: Node<'_>) -> Rc<Class> {
        let name = self.field_text(node, "name");
        let base = children(node)
            .into_iter()
            .find(|child| child.kind() == "class_heritage")
            .and_then(|heritage| children(heritage).first().copied())
            .map(|base| match base.kind() {
                "extends_clause" => self.field(base, "value"),
                _ => self.expr(base),
            });
        let mut methods = Vec::new();
        let mut body = Vec::new();
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            match member.kind() {
                "method_definition" => methods.push((self.field_text(member, "name"), self.function(member))),
                "class_static_block" => body.extend(self.field_block(member, "body")),
                "field_definition" | "public_field_definition" => {
                    let name = match member.child_by_field_name("property") {
                        Some(name) => self.source(name).to_owned(),
                        None => self.field_text(member, "name"),
                    };
                    match member.child_by_field_name("value") {
                        Some(value) if matches!(value.kind(), "arrow_function" | "function_expression") => {
                            methods.push((name, self.function(value)));
                        }
                        Some(value) => {
                            let value = self.expr(value);
                            body.push(Stmt::Assign(vec![Pattern::Name(name)], value));
                        }
                        None => {}
                    }
                }
                _ => {}
            }
        }
        Rc::new(Class { name, base, methods, body })
    }

    fn pattern(&mut self, node: Node<'_>) -> Pattern {
        if !self.budget.enter() {
            return Pattern::Skip;
        }
        let pattern = match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => Pattern::Name(self.source(node).to_owned()),
            "array_pattern" => {
                // `[, , third]`: what stands between commas may be nothing.
                let mut parts = Vec::new();
                let mut cursor = node.walk();
                let all: Vec<Node<'_>> = node.children(&mut cursor).filter(|child| !child.is_extra()).collect();
                let mut filled = false;
                for child in all {
                    if child.kind() == "," {
                        if !filled {
                            parts.push(Pattern::Skip);
                        }
                        filled = false;
                    } else if child.is_named() {
                        parts.push(self.pattern(child));
                        filled = true;
                    }
                }
                Pattern::List(parts)
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                let pattern = node.child_by_field_name("left").map_or(Pattern::Skip, |left| self.pattern(left));
                Pattern::Or(Box::new(pattern), self.field(node, "right"))
            }
            "object_pattern" => {
                let mut parts = Vec::new();
                for part in children(node) {
                    match part.kind() {
                        "shorthand_property_identifier_pattern" | "object_assignment_pattern" => {
                            let pattern = self.pattern(part);
                            let name = match &pattern {
                                Pattern::Or(inner, _) => inner,
                                pattern => pattern,
                            };
                            if let Pattern::Name(name) = name {
                                parts.push((name.clone(), pattern));
                            }
                        }
                        "pair_pattern" => {
                            if let Some(value) = part.child_by_field_name("value") {
                                let pattern = self.pattern(value);
                                parts.push((self.field_text(part, "key"), pattern));
                            }
                        }
                        _ => {}
                    }
                }
                Pattern::Object(parts)
            }
            "member_expression" => Pattern::Attr(self.field(node, "object"), self.field_text(node, "property")),
            "subscript_expression" => Pattern::Index(self.field(node, "object"), self.field(node, "index")),
            "lexical_declaration" | "variable_declaration" | "parenthesized_expression" => {
                children(node).first().map_or(Pattern::Skip, |inner| self.pattern(*inner))
            }
            "variable_declarator" => node.child_by_field_name("name").map_or(Pattern::Skip, |name| self.pattern(name)),
            _ => Pattern::Skip,
        };
        self.budget.leave();
        pattern
    }
}
