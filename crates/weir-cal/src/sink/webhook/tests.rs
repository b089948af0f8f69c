//! Against servers on this machine.

use std::{
    cell::RefCell,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    rc::Rc,
    thread::JoinHandle,
};

use super::*;
use crate::sink::tests::alert;

/// What a server does with one request.
#[derive(Clone)]
enum Answer {
    /// Sends this head and no body.
    Head(String),
    /// Sends this head and a body that does not end.
    Endless(&'static str),
    /// Says nothing until the client has gone.
    Silence,
    /// Closes at once.
    Close,
}

fn head(status: &str, more: &str) -> Answer {
    Answer::Head(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n"))
}

struct Server {
    port: u16,
    requests: JoinHandle<Vec<String>>,
}

/// A server that answers one request after the other, each on its own connection.
fn serve(answers: Vec<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = std::thread::spawn(move || {
        let one = |answer| answer_one(listener.accept().unwrap().0, answer);
        answers.into_iter().map(one).collect()
    });
    Server { port, requests }
}

fn answer_one(mut stream: TcpStream, answer: Answer) -> String {
    let request = read_request(&mut stream);
    match answer {
        Answer::Head(head) => stream.write_all(head.as_bytes()).unwrap(),
        Answer::Endless(head) => {
            stream.write_all(head.as_bytes()).unwrap();
            // Ends when the client closes the connection.
            while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
        }
        Answer::Silence => drop(stream.read(&mut [0])),
        Answer::Close => {}
    }
    request
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk).unwrap() {
            0 => return text,
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Sends one alert; gives what became of it and the pauses in milliseconds.
fn send(shape: Shape, port: u16, patience: Patience) -> (Delivery, Vec<u128>) {
    let pauses = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&pauses);
    let address = format!("http://127.0.0.1:{port}/services/SECRET?key=SECRET").parse().unwrap();
    let pause = Box::new(move |pause: Duration| noted.borrow_mut().push(pause.as_millis()));
    let delivery = Webhook::with(shape, address, patience, pause).send(&alert());
    assert_eq!(delivery.sink, format!("{} http://127.0.0.1:{port}/\u{2026}", shape.name()));
    assert!(!format!("{delivery:?}").contains("SECRET"), "{delivery:?}");
    assert_eq!(delivery.delivered, delivery.error.is_none());
    let pauses = pauses.borrow().clone();
    (delivery, pauses)
}

#[test]
fn answers_decide_whether_it_is_tried_again() {
    let ok = || head("200 OK", "");
    let busy = |more: &str| head("429 Too Many Requests", more);
    let broken = || head("500 Internal Server Error", "");
    let unavailable = "answered 503 Service Unavailable";
    type Case<'c> = (&'c str, Vec<Answer>, Option<&'c str>, u32, Vec<u128>);
    let cases: Vec<Case<'_>> = vec![
        ("ok", vec![ok()], None, 1, vec![]),
        ("no content", vec![head("204 No Content", "")], None, 1, vec![]),
        ("error, then ok", vec![broken(), ok()], None, 2, vec![500]),
        ("only errors", vec![head("503 Service Unavailable", ""); 4], Some(unavailable), 4, vec![500, 1000, 2000]),
        ("busy for a second", vec![busy("Retry-After: 1\r\n"), ok()], None, 2, vec![1000]),
        ("busy no more", vec![busy("Retry-After: 0\r\n"), broken(), ok()], None, 3, vec![0, 1000]),
        ("busy until the past", vec![busy("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), ok()], None, 2, vec![0]),
        ("busy without a time", vec![busy("Retry-After: soon\r\n"), ok()], None, 2, vec![500]),
        (
            "busy for too long",
            vec![busy("Retry-After: 3600\r\n")],
            Some("answered 429 Too Many Requests, and asked to wait 3600 s"),
            1,
            vec![],
        ),
        ("refused", vec![head("400 Bad Request", "Retry-After: 1\r\n")], Some("answered 400 Bad Request"), 1, vec![]),
        ("gone", vec![head("410 Gone", "")], Some("answered 410 Gone"), 1, vec![]),
        ("unknown status", vec![head("499 SECRET", "")], Some("answered 499"), 1, vec![]),
        ("no HTTP", vec![Answer::Head("SECRET\r\n\r\n".to_owned())], Some("the answer is not HTTP"), 1, vec![]),
    ];
    for (name, answers, error, attempts, pauses) in cases {
        let server = serve(answers);
        let (delivery, paused) = send(Shape::Generic, server.port, PATIENCE);
        assert_eq!((delivery.error.as_deref(), delivery.attempts, paused), (error, attempts, pauses), "{name}");
        let requests = server.requests.join().unwrap();
        assert_eq!(requests.len(), attempts as usize, "{name}");
        for request in requests {
            assert!(request.starts_with("POST /services/SECRET?key=SECRET HTTP/1.1\r\n"), "{name}: {request}");
        }
    }
}

#[test]
fn the_body_is_what_the_service_expects() {
    for shape in [Shape::Generic, Shape::Slack, Shape::Discord] {
        let server = serve(vec![head("200 OK", "")]);
        assert!(send(shape, server.port, PATIENCE).0.delivered);
        let requests = server.requests.join().unwrap();
        let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
        assert!(head.to_ascii_lowercase().contains("\r\ncontent-type: application/json"), "{head}");
        assert_eq!(body, shape.body(&alert()));
    }
}

#[test]
fn an_endless_answer_is_not_read() {
    let success = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    let failure = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (head, error) in [(success, None), (failure, Some("answered 403 Forbidden"))] {
        let server = serve(vec![Answer::Endless(head)]);
        let (delivery, _) = send(Shape::Generic, server.port, PATIENCE);
        assert_eq!((delivery.error.as_deref(), delivery.attempts), (error, 1));
        server.requests.join().unwrap();
    }
}

#[test]
fn an_endless_head_is_no_answer() {
    let server = serve(vec![Answer::Endless("HTTP/1.1 200 OK\r\nX-Long: ")]);
    let (delivery, _) = send(Shape::Generic, server.port, PATIENCE);
    assert_eq!((delivery.error.as_deref(), delivery.attempts), (Some("the answer is not HTTP"), 1));
    server.requests.join().unwrap();
}

#[test]
fn what_may_have_arrived_is_not_sent_twice() {
    let patience = Patience { attempt: Duration::from_millis(250), ..PATIENCE };
    let server = serve(vec![Answer::Silence]);
    let (delivery, pauses) = send(Shape::Slack, server.port, patience);
    assert_eq!((delivery.error.as_deref(), delivery.attempts), (Some("no answer within 0.25 s"), 1));
    assert!(pauses.is_empty());
    server.requests.join().unwrap();

    let server = serve(vec![Answer::Close]);
    let (delivery, _) = send(Shape::Slack, server.port, PATIENCE);
    assert!(!delivery.delivered && delivery.attempts == 1, "{delivery:?}");
    server.requests.join().unwrap();
}

#[test]
fn a_closed_port_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (delivery, pauses) = send(Shape::Discord, port, PATIENCE);
    assert_eq!((delivery.error.as_deref(), delivery.attempts), (Some("connection refused"), 4));
    assert_eq!(pauses, [500, 1000, 2000]);
}

#[test]
fn the_end_of_the_run_ends_the_attempts() {
    let webhook = |port: u16| {
        let address = format!("http://127.0.0.1:{port}/").parse().unwrap();
        Webhook::with(Shape::Generic, address, PATIENCE, Box::new(|_| {}))
    };
    let over = "the time that the run was given is over";
    let mut late = webhook(9);
    late.give_up_at(Instant::now());
    let delivery = late.send(&alert());
    assert_eq!((delivery.error.as_deref(), delivery.attempts), (Some(over), 0));

    let server = serve(vec![Answer::Silence]);
    let mut waiting = webhook(server.port);
    waiting.give_up_at(Instant::now() + Duration::from_millis(300));
    let error = waiting.send(&alert()).error.unwrap();
    assert!(error.starts_with("no answer within 0.") && error.len() <= "no answer within 0.30 s".len(), "{error}");
    server.requests.join().unwrap();
}

#[test]
fn all_attempts_together_have_an_end() {
    // The pauses are only noted here, so a time of less than the first pause ends it.
    let patience = Patience { total: Duration::from_millis(400), ..PATIENCE };
    let server = serve(vec![head("500 Internal Server Error", "")]);
    let (delivery, pauses) = send(Shape::Generic, server.port, patience);
    let error = "answered 500 Internal Server Error; not delivered within 0.4 s";
    assert_eq!((delivery.error.as_deref(), delivery.attempts), (Some(error), 1));
    assert!(pauses.is_empty());
    server.requests.join().unwrap();
}

#[test]
fn a_redirect_is_followed_within_the_host_only() {
    let away = |location: &str| head("307 Temporary Redirect", &format!("Location: {location}\r\n"));
    let other = serve(vec![]);
    let foreign = format!("http://127.0.0.1:{}/SECRET", other.port);
    let evil = "answered 307 Temporary Redirect, a redirect to another host, http://evil.example/\u{2026}, which is not \
        followed";
    let refused = evil.replace("evil.example", &format!("127.0.0.1:{}", other.port));
    let nowhere = "answered 307 Temporary Redirect, a redirect to nowhere";
    let found = "answered 302 Found, a redirect that a post does not follow";
    let cases = [
        (vec![away("/new/SECRET"), head("200 OK", "")], None),
        (vec![away(&foreign)], Some(refused.as_str())),
        (vec![away("//evil.example/SECRET")], Some(evil)),
        (vec![away("file:///etc/passwd")], Some(nowhere)),
        (vec![away("")], Some(nowhere)),
        (vec![head("302 Found", "Location: /SECRET\r\n")], Some(found)),
        (vec![away("/SECRET"); 4], Some("redirected more than 3 times")),
    ];
    for (answers, error) in cases {
        let server = serve(answers.clone());
        let (delivery, _) = send(Shape::Generic, server.port, PATIENCE);
        assert_eq!((delivery.error.as_deref(), delivery.attempts), (error, 1));
        let requests = server.requests.join().unwrap();
        assert_eq!(requests.len(), answers.len());
        // The alert goes along.
        assert!(requests.iter().all(|request| request.starts_with("POST ") && request.contains("guardrail_gap_fetch")));
    }
    other.requests.join().unwrap();
}

#[test]
fn a_date_to_wait_for_is_counted_from_now() {
    let now = "2026-11-25T12:00:00Z".parse().unwrap();
    let cases = [
        ("Wed, 25 Nov 2026 12:00:07 GMT", Some(7)),
        ("Wed, 25 Nov 2026 11:00:00 GMT", Some(0)),
        ("99999999999999999999999", Some(u64::MAX)),
        (" 12 ", Some(12)),
        ("-1", None),
        ("1.5", None),
        ("", None),
    ];
    for (text, wanted) in cases {
        let answer = Response::builder().header("retry-after", text).body(()).unwrap();
        assert_eq!(retry_after(&answer, now).map(|wait| wait.as_secs()), wanted, "{text}");
    }
}

#[test]
fn only_this_machine_is_this_machine() {
    let cases = [
        ("localhost", true),
        ("127.0.0.1", true),
        ("[::1]", true),
        ("127.1.2.3", true),
        ("10.0.0.1", false),
        ("localhost.example.com", false),
        ("[::2]", false),
    ];
    for (host, expected) in cases {
        assert_eq!(is_this_machine(host), expected, "{host}");
    }
}
