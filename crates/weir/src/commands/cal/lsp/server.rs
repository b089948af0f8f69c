//! What the language server answers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability, CompletionItem,
    CompletionItemKind, CompletionOptions, CompletionParams, CompletionResponse, CompletionTextEdit,
    DiagnosticSeverity, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, DocumentFormattingParams, GotoDefinitionParams, GotoDefinitionResponse, HoverContents,
    HoverParams, HoverProviderCapability, InitializeResult, Location, MarkupContent, MarkupKind, NumberOrString, OneOf,
    PositionEncodingKind, PublishDiagnosticsParams, ServerCapabilities, ServerInfo, TextDocumentPositionParams,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextEdit, Uri, WorkspaceEdit,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use weir_cal::{
    diagnostic::{Diagnostic, Severity},
    edition::Edition,
    outcome::Outcome,
    service::{self, CompletionKind, Known},
    source::Source,
    syntax,
};

use super::document::Document;
use crate::commands::cal::{data, engine};

/// A script that is run for a value may take so long.
const EVALUATION: Duration = Duration::from_secs(2);

/// What comes after a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Exit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Ready,
    ShutDown,
}

/// An open script.
struct Open {
    document: Document,
    source: Option<Box<dyn Source>>,
    /// What the script came to, for the version that it was run in.
    outcome: Option<(i32, Option<Outcome>)>,
}

pub(super) struct Server {
    phase: Phase,
    data: Option<PathBuf>,
    open: HashMap<String, Open>,
}

/// Why a request is refused.
type Refusal = (ErrorCode, String);

impl Server {
    pub(super) fn new(data: Option<PathBuf>) -> Self {
        Self { phase: Phase::New, data, open: HashMap::new() }
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.phase == Phase::ShutDown
    }

    /// Takes a message; gives what is sent back, and whether to go on.
    pub(super) fn take(&mut self, message: Message) -> (Vec<Message>, Step) {
        match message {
            Message::Request(request) => (vec![self.request(request).into()], Step::Next),
            Message::Notification(notification) if notification.method == "exit" => (Vec::new(), Step::Exit),
            Message::Notification(notification) => (self.notification(notification), Step::Next),
            // The server asks nothing.
            Message::Response(_) => (Vec::new(), Step::Next),
        }
    }

    fn request(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let result = match (self.phase, method.as_str()) {
            (Phase::New, "initialize") => {
                self.phase = Phase::Ready;
                answer(initialized())
            }
            (Phase::New, _) => Err((ErrorCode::ServerNotInitialized, "`initialize` comes first".to_owned())),
            (Phase::ShutDown, _) => Err((ErrorCode::InvalidRequest, "the server is shut down".to_owned())),
            (Phase::Ready, "initialize") => {
                Err((ErrorCode::InvalidRequest, "the server is initialized already".to_owned()))
            }
            (Phase::Ready, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::Ready, _) => self.ask(&method, params),
        };
        respond(id, result)
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/hover" => {
                let params: HoverParams = read(params)?;
                answer(self.hover(&params.text_document_position_params))
            }
            "textDocument/completion" => {
                let params: CompletionParams = read(params)?;
                answer(self.completion(&params.text_document_position))
            }
            "textDocument/definition" => {
                let params: GotoDefinitionParams = read(params)?;
                answer(self.definition(params.text_document_position_params))
            }
            "textDocument/formatting" => {
                let params: DocumentFormattingParams = read(params)?;
                answer(self.formatting(&params.text_document.uri))
            }
            "textDocument/codeAction" => {
                let params: CodeActionParams = read(params)?;
                answer(self.fixes(params))
            }
            _ => Err((ErrorCode::MethodNotFound, format!("no method `{method}`"))),
        }
    }

    fn notification(&mut self, notification: Notification) -> Vec<Message> {
        if self.phase != Phase::Ready {
            return Vec::new();
        }
        let Notification { method, params } = notification;
        // A notification has no answer: what cannot be read is left out.
        match method.as_str() {
            "textDocument/didOpen" => match read::<DidOpenTextDocumentParams>(params) {
                Ok(params) => self.opened(params),
                Err(_) => Vec::new(),
            },
            "textDocument/didChange" => match read::<DidChangeTextDocumentParams>(params) {
                Ok(params) => self.changed(params),
                Err(_) => Vec::new(),
            },
            "textDocument/didClose" => match read::<DidCloseTextDocumentParams>(params) {
                Ok(params) => {
                    self.open.remove(params.text_document.uri.as_str());
                    // What was said of it goes with it.
                    vec![publish(params.text_document.uri, None, Vec::new())]
                }
                Err(_) => Vec::new(),
            },
            "textDocument/didSave" => match read::<DidSaveTextDocumentParams>(params) {
                Ok(params) => self.saved(params.text_document.uri),
                Err(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) -> Vec<Message> {
        let item = params.text_document;
        let path = file_path(item.uri.as_str());
        let source = data::source(self.data.as_deref(), path.as_deref()).ok();
        let open = Open { document: Document::new(item.text, item.version), source, outcome: None };
        let found = open.diagnostics();
        self.open.insert(item.uri.as_str().to_owned(), open);
        vec![publish(item.uri, Some(item.version), found)]
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) -> Vec<Message> {
        let uri = params.text_document.uri;
        let Some(open) = self.open.get_mut(uri.as_str()) else { return Vec::new() };
        open.document.change(params.content_changes, params.text_document.version);
        let found = open.diagnostics();
        vec![publish(uri, Some(params.text_document.version), found)]
    }

    /// The data may have changed since they were opened: they are looked at anew.
    fn saved(&mut self, uri: Uri) -> Vec<Message> {
        let data = self.data.as_deref();
        let Some(open) = self.open.get_mut(uri.as_str()) else { return Vec::new() };
        open.source = data::source(data, file_path(uri.as_str()).as_deref()).ok();
        open.outcome = None;
        vec![publish(uri, Some(open.document.version), open.diagnostics())]
    }

    /// The script and the byte that a request is about.
    fn place(&mut self, at: &TextDocumentPositionParams) -> Option<(&mut Open, usize)> {
        let open = self.open.get_mut(at.text_document.uri.as_str())?;
        let offset = open.document.offset(at.position);
        Some((open, offset))
    }

    fn hover(&mut self, at: &TextDocumentPositionParams) -> Option<lsp_types::Hover> {
        let (open, offset) = self.place(at)?;
        open.evaluate();
        let outcome = open.outcome.as_ref().and_then(|(_, outcome)| outcome.as_ref());
        let found = service::hover(&open.document.text, offset, Known { source: open.source.as_deref(), outcome })?;
        let contents = MarkupContent { kind: MarkupKind::Markdown, value: found.markdown };
        Some(lsp_types::Hover {
            contents: HoverContents::Markup(contents),
            range: Some(open.document.range(found.span)),
        })
    }

    fn completion(&mut self, at: &TextDocumentPositionParams) -> Option<CompletionResponse> {
        let (open, offset) = self.place(at)?;
        let known = Known { source: open.source.as_deref(), outcome: None };
        let found = service::complete(&open.document.text, offset, known);
        let items = found.into_iter().enumerate().map(|(order, one)| CompletionItem {
            kind: Some(match one.kind {
                CompletionKind::Collection => CompletionItemKind::CLASS,
                CompletionKind::Field => CompletionItemKind::FIELD,
                CompletionKind::Result => CompletionItemKind::VARIABLE,
                CompletionKind::Dimension | CompletionKind::Value => CompletionItemKind::ENUM_MEMBER,
                CompletionKind::Operator => CompletionItemKind::OPERATOR,
                CompletionKind::Keyword => CompletionItemKind::KEYWORD,
            }),
            detail: (!one.detail.is_empty()).then_some(one.detail),
            sort_text: Some(format!("{order:04}")),
            // What was begun with a backquote is compared with it.
            filter_text: Some(one.label.clone()),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: open.document.range(one.replaces),
                new_text: one.label.clone(),
            })),
            label: one.label,
            ..CompletionItem::default()
        });
        Some(CompletionResponse::Array(items.collect()))
    }

    fn definition(&mut self, at: TextDocumentPositionParams) -> Option<GotoDefinitionResponse> {
        let (open, offset) = self.place(&at)?;
        let span = service::definition(&open.document.text, offset)?;
        let range = open.document.range(span);
        Some(GotoDefinitionResponse::Scalar(Location { uri: at.text_document.uri, range }))
    }

    fn formatting(&mut self, uri: &Uri) -> Option<Vec<TextEdit>> {
        let open = self.open.get(uri.as_str())?;
        let text = &open.document.text;
        if syntax::load(text, None).edition != Edition::Two {
            return None;
        }
        // A script with mistakes is left as it is; the mistakes are told anyway.
        let new_text = syntax::format(text).ok()?;
        Some(if new_text == *text { Vec::new() } else { vec![TextEdit { range: open.document.whole(), new_text }] })
    }

    fn fixes(&mut self, params: CodeActionParams) -> Option<Vec<CodeActionOrCommand>> {
        let open = self.open.get(params.text_document.uri.as_str())?;
        let asked = params.range;
        let actions = open.findings().into_iter().filter_map(|found| {
            let fix = found.fix.as_ref()?;
            let place = open.document.range(found.span);
            if place.end < asked.start || asked.end < place.start {
                return None;
            }
            let edit = TextEdit { range: open.document.range(fix.span), new_text: fix.replacement.clone() };
            let title = match found.help.as_deref() {
                Some(help) => help.to_owned(),
                None => format!("write `{}`", fix.replacement),
            };
            Some(CodeActionOrCommand::CodeAction(CodeAction {
                title,
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![protocol(&open.document, &found)]),
                edit: Some(WorkspaceEdit::new(HashMap::from([(params.text_document.uri.clone(), vec![edit])]))),
                is_preferred: Some(true),
                ..CodeAction::default()
            }))
        });
        Some(actions.collect())
    }
}

impl Open {
    fn findings(&self) -> Vec<Diagnostic> {
        engine::checked(&self.document.text, None, self.source.as_deref(), jiff::Timestamp::now()).diagnostics
    }

    fn diagnostics(&self) -> Vec<lsp_types::Diagnostic> {
        self.findings().iter().map(|found| protocol(&self.document, found)).collect()
    }

    /// Runs the script where this version has not been run: nothing is sent and nothing is written.
    fn evaluate(&mut self) {
        let version = self.document.version;
        if self.outcome.as_ref().is_some_and(|(of, _)| *of == version) {
            return;
        }
        let source = self.source.as_deref();
        let outcome = source.and_then(|source| engine::evaluate(&self.document.text, source, EVALUATION));
        self.outcome = Some((version, outcome));
    }
}

/// A finding as the protocol has it.
fn protocol(document: &Document, found: &Diagnostic) -> lsp_types::Diagnostic {
    let severity = match found.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Hint => DiagnosticSeverity::HINT,
    };
    let help = found.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    lsp_types::Diagnostic {
        range: document.range(found.span),
        severity: Some(severity),
        code: Some(NumberOrString::String(found.code.to_owned())),
        source: Some("cal".to_owned()),
        message: format!("{}{help}", found.message),
        ..lsp_types::Diagnostic::default()
    }
}

fn publish(uri: Uri, version: Option<i32>, diagnostics: Vec<lsp_types::Diagnostic>) -> Message {
    let params = PublishDiagnosticsParams { uri, diagnostics, version };
    Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params))
}

fn initialized() -> InitializeResult {
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(PositionEncodingKind::UTF16),
            text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(lsp_types::TextDocumentSyncSaveOptions::Supported(true)),
                ..TextDocumentSyncOptions::default()
            })),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(vec![" ".to_owned(), "`".to_owned()]),
                ..CompletionOptions::default()
            }),
            definition_provider: Some(OneOf::Left(true)),
            document_formatting_provider: Some(OneOf::Left(true)),
            code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: "weir cal".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn answer<T: serde::Serialize>(result: T) -> Result<Value, Refusal> {
    serde_json::to_value(result).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

fn respond(id: RequestId, result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(value) => Response::new_ok(id, value),
        Err((code, message)) => Response::new_err(id, code as i32, message),
    }
}

/// The path of a `file:` address.
fn file_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // An empty host, or this one.
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    use std::os::unix::ffi::OsStringExt as _;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_addresses_become_paths() {
        let cases = [
            ("file:///a/b.cal", Some("/a/b.cal")),
            ("file:///a%20b/%C3%A9.cal", Some("/a b/é.cal")),
            ("file://localhost/a", Some("/a")),
            ("file:///100%", Some("/100%")),
            ("file:///a%2", Some("/a%2")),
            ("untitled:Untitled-1", None),
            ("file://other/a", None),
        ];
        for (uri, expected) in cases {
            assert_eq!(file_path(uri).as_deref(), expected.map(std::path::Path::new), "{uri}");
        }
    }
}
