//! Secrets that a program has read, in what it gives to another machine.

use std::rc::Rc;

use super::Machine;
use crate::code::meaning::{Args, Do, find};
use crate::code::value::Val;

/// The secret among the arguments of a call that is still in what the call gives: not where it takes a piece out, or
/// only says something of it.
pub(super) fn passed_on(callee: &Val, args: &Args) -> Option<Rc<str>> {
    const PIECES: &[&str] = &[
        "get",
        "fetch",
        "find",
        "search",
        "match",
        "group",
        "exec",
        "hexdigest",
        "digest",
        "exists",
        "existsSync",
        "len",
        "length",
        "size",
        "count",
        "startswith",
        "endswith",
        "startsWith",
        "endsWith",
        "includes",
        "include?",
        "index",
        "indexOf",
        "test",
        "dig",
        "sha256",
        "md5",
        "sha1",
        "createHash",
        "bool",
        "int",
        "hash",
        "update",
        "print",
        "log",
        "write",
        "run",
        "spawn",
        "execSync",
        "check_output",
        "check_call",
        "call",
        "Popen",
        "config",
        "load_dotenv",
        "pop",
        "isdigit",
        "keys",
        "setdefault",
        "key?",
        "has_key?",
        "include",
        "values_at",
        "slice",
        "delete",
    ];
    let (path, receiver) = match callee {
        Val::Lib(lib) => {
            let receiver = lib.path.rsplit_once('.').and_then(|(receiver, _)| Val::lib(receiver).secret());
            (lib.path.as_str(), receiver)
        }
        Val::Method(method) => (method.1.as_str(), method.0.secret()),
        _ => return None,
    };
    let last = path.rsplit(['.', ':']).next().unwrap_or_default();
    if PIECES.contains(&last) {
        return None;
    }
    receiver.or_else(|| given(args))
}

/// The secret among the arguments of a call.
fn given(args: &Args) -> Option<Rc<str>> {
    let named = args.named.iter().filter(|(name, ..)| name != "env").map(|(_, value, _)| value);
    args.list.iter().map(|(value, _)| value).chain(named).find_map(Val::secret)
}

impl Machine<'_, '_> {
    /// Says that a secret is given to another machine, where a call sends what it is given.
    pub(super) fn leaves(&mut self, callee: &Val, args: &Args) {
        // What sends what it is given, by its last name, where what it belongs to is no thing of this machine.
        const SENDERS: &[&str] = &[
            "send",
            "sendall",
            "sendto",
            "sendmail",
            "send_message",
            "sendMail",
            "post",
            "put",
            "patch",
            "request",
            "put_object",
            "putObject",
            "upload_fileobj",
            "storbinary",
            "storlines",
            "publish",
            "send_string",
            "post_form",
            "postMessage",
            "chat_postMessage",
            "end",
            "urlopen",
            "Request",
            "fetch",
            "body",
            "get",
            "getaddrinfo",
            "gethostbyname",
            "resolve",
            "lookup",
            "resolve4",
            "execute",
            "write",
        ];
        // What sends the file that it is given the name of.
        const UPLOADS: &[&str] =
            &["upload_file", "upload_from_filename", "fput_object", "fPutObject", "upload_blob", "put"];
        const NETWORK: &[&str] = &[
            "requests",
            "httpx",
            "urllib",
            "urllib3",
            "aiohttp",
            "http",
            "https",
            "socket",
            "smtplib",
            "ftplib",
            "boto3",
            "paramiko",
            "axios",
            "got",
            "fetch",
            "node-fetch",
            "undici",
            "superagent",
            "net",
            "dgram",
            "dns",
            "nodemailer",
            "ws",
            "websocket",
            "websockets",
            "Net::HTTP",
            "Net",
            "HTTParty",
            "Faraday",
            "RestClient",
            "HTTP",
            "TCPSocket",
            "UDPSocket",
            "URI",
            "needle",
            "slack_sdk",
            "telegram",
            "discord",
            "google",
            "minio",
            "@aws-sdk/client-s3",
            "aws-sdk",
            "curl_exec",
            "LWP::UserAgent",
            "HTTP::Tiny",
            "IO::Socket::INET",
            "pycurl",
            "Deno",
            "Bun",
        ];
        let path = match callee {
            Val::Lib(lib) => lib.path.as_str(),
            Val::Method(method) => method.1.as_str(),
            _ => return,
        };
        let root = path.split(['.', '(', '[']).next().unwrap_or_default();
        let last = path.rsplit(['.']).next().unwrap_or_default();
        let network = NETWORK.contains(&root) || path.starts_with("Net::HTTP");
        let meant = matches!(find(self.dialect.library, path), Some(Do::Send | Do::Get | Do::Request));
        let sends = meant || (network && (SENDERS.contains(&last) || root == path));
        let uploads = network && UPLOADS.contains(&last);
        if !sends && !uploads {
            return;
        }
        let texts = || {
            args.list.iter().map(|(value, _)| value).filter_map(|value| match value {
                Val::Str(text) | Val::Path(text) => Some(text),
                _ => None,
            })
        };
        if texts().any(|text| crate::secrets::is_local(text.start())) {
            return;
        }
        let file = || {
            texts()
                .filter(|_| uploads)
                .filter_map(|text| text.text())
                .find(|text| weir_model::is_secret(std::path::Path::new(text)))
                .map(Rc::from)
        };
        let Some(name) = given(args).or_else(file) else { return };
        let name = if *name == *crate::secrets::ENVIRONMENT {
            name.to_string()
        } else {
            self.path(&name).map_or_else(|| name.to_string(), |path| path.to_string_lossy().into_owned())
        };
        self.say(crate::secrets::sent(&crate::call::Secret::whole(name)));
    }
}
