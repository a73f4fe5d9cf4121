//! The client against a server that gives prepared answers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, TimeMs};
use dirchain_ledger::transaction::SignedTransaction;

use super::*;

/// Gives each answer to one connection, in turn; hands back the requests' heads.
fn serve(answers: Vec<(u16, &'static str)>) -> (Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let server = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let head = String::from_utf8(head).unwrap();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let mut received = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut received).unwrap();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
            heads.push(head);
        }
        heads
    });
    (client, server)
}

fn first_line(head: &str) -> &str {
    head.lines().next().unwrap()
}

const UNKNOWN: &str =
    r#"{"type":"urn:dirchain:problem:no-such-record","title":"t","status":404,"detail":"d"}"#;
const NO_TRANSACTION: &str =
    r#"{"type":"urn:dirchain:problem:no-such-transaction","title":"t","status":404,"detail":"d"}"#;
const NO_ROUTE: &str = r#"{"type":"urn:dirchain:problem:no-such-route","title":"t","status":404,"detail":"Nothing is served there"}"#;
const BUSY: &str = r#"{"type":"urn:dirchain:problem:busy","title":"t","status":503,"detail":"9 transactions wait already"}"#;

#[test]
fn what_the_ledger_does_not_have_is_none_but_a_wrong_address_is_an_error() {
    let (client, server) = serve(vec![(404, UNKNOWN), (404, NO_ROUTE)]);
    let code = "103001/000001".parse().unwrap();
    let at = Some("2026-03-01T12:00:00+08:00".parse().unwrap());
    assert!(client.resource(&code, at).if_known().unwrap().is_none());
    let error = client.resource(&code, None).if_known().unwrap_err();
    assert_eq!(error.code(), "no-such-route");
    let heads = server.join().unwrap();
    assert_eq!(
        first_line(&heads[0]),
        "GET /api/v1/resources/103001%2F000001?at=2026-03-01T04%3A00%3A00.000Z HTTP/1.1"
    );
}

#[test]
fn a_list_is_read_to_its_last_page() {
    let page = |next| {
        format!(
            r#"{{"as_of":{{"height":1,"time":"2026-01-01T00:00:00.000Z"}},"items":[],"next_cursor":{next}}}"#
        )
        .leak()
    };
    let (client, server) = serve(vec![(200, page("\"ab\"")), (200, page("null"))]);
    let provider = Some("D012".parse().unwrap());
    let filter = ResourceFilter {
        provider,
        ..ResourceFilter::default()
    };
    assert!(client.resources(&filter, usize::MAX).unwrap().is_empty());
    let heads = server.join().unwrap();
    let second = first_line(&heads[1]);
    assert!(
        second.contains("provider=D012&limit=1000&cursor=ab"),
        "{second}"
    );
}

fn transaction() -> SignedTransaction {
    let secret = SecretKey::from_seed(&[1; 32]);
    let id = "D035-1".parse().unwrap();
    let actions = vec![Action::RemoveNode { id }];
    SignedTransaction::new(&secret, ChainId(Hash::ZERO), 1, TimeMs(1), actions).unwrap()
}

#[test]
fn a_busy_node_is_asked_again_and_gets_the_encoding() {
    let transaction = transaction();
    let accepted: &'static str = format!(r#"{{"id":"{}"}}"#, transaction.id()).leak();
    let (client, server) = serve(vec![(503, BUSY), (202, accepted)]);
    let id = client
        .submit_patiently(&transaction, Duration::from_secs(5))
        .unwrap();
    assert_eq!(id, transaction.id());
    let heads = server.join().unwrap();
    assert_eq!(first_line(&heads[1]), "POST /api/v1/transactions HTTP/1.1");
    assert!(heads[1].contains("content-type: application/octet-stream"));
}

#[test]
fn a_transaction_that_a_node_forgot_is_given_to_it_again() {
    let transaction = transaction();
    let accepted: &'static str = format!(r#"{{"id":"{}"}}"#, transaction.id()).leak();
    let refused: &'static str = format!(
        r#"{{"as_of":{{"height":1,"time":"2026-01-01T00:00:00.000Z"}},"id":"{}","status":"refused","code":"stale","message":"m","rule":null,"content":null}}"#,
        transaction.id()
    )
    .leak();
    let (client, server) = serve(vec![(404, NO_TRANSACTION), (202, accepted), (200, refused)]);
    let outcome = client
        .wait_for(&transaction, Duration::from_secs(5))
        .unwrap();
    let expected = Outcome::Refused {
        code: "stale".into(),
        message: "m".into(),
        rule: None,
    };
    assert_eq!(outcome, expected);
    let heads = server.join().unwrap();
    assert!(first_line(&heads[0]).contains("?wait_ms="));
    assert!(first_line(&heads[1]).starts_with("POST"));
}

/// A node's answer to `GET /api/v1/status`.
pub(crate) const STATUS: &str = r#"{"about":{"name":"n","chain":"0000000000000000000000000000000000000000000000000000000000000000","genesis_time":"2026-01-01T00:00:00.000Z","software_version":"0"},
    "tip":{"height":1,"time":"2026-01-01T00:00:00.000Z","block":"0000000000000000000000000000000000000000000000000000000000000000","validators":[]},
    "node":{"node":"D035-1","department":"D035","mode":{"mode":"validator"},"peers":[],"waiting_transactions":0,
    "sync":{"state":"caught_up"},"history":{"state":"whole"},"disk_bytes":0,"uptime_ms":0,"ready":true,"not_ready_reason":null,"not_ready_reason_zh":null,"warnings":[]}}"#;
const USED: &str =
    r#"{"type":"urn:dirchain:problem:sequence-used","title":"t","status":422,"detail":"d"}"#;
const TAKEN: &str = r#"{"id":"0000000000000000000000000000000000000000000000000000000000000000"}"#;

fn key_at(next_sequence: u64) -> (u16, &'static str) {
    let public = SecretKey::from_seed(&[1; 32]).public();
    let moment = r#"{"height":1,"time":"2026-01-01T00:00:00.000Z"}"#;
    let text = format!(
        r#"{{"as_of":{moment},"public_key":"{public}","department":"D035","role":"head","next_sequence":{next_sequence},
        "valid":{{"from":{moment},"to":null}},"suspect_since":null,"department_name":"n","waiting":0}}"#
    );
    (200, text.leak())
}

#[test]
fn a_number_that_others_used_meanwhile_is_replaced_a_few_times() {
    let secret = SecretKey::from_seed(&[1; 32]);
    let actions = transaction().actions.into_vec();
    let answers = vec![
        (200, STATUS),
        key_at(5),
        (422, USED),
        key_at(6),
        (422, USED),
        key_at(8),
        (202, TAKEN),
    ];
    let (client, server) = serve(answers);
    let mut author = Author::new(&client, secret.clone(), None).unwrap();
    let sent = author.submit(&client, actions.clone()).unwrap();
    assert_eq!(sent.envelope.sequence, 8);
    server.join().unwrap();

    let mut answers = vec![(200, STATUS), key_at(5)];
    for next in 6..15 {
        answers.extend([(422, USED), key_at(next)]);
    }
    answers.push((422, USED));
    let (client, server) = serve(answers);
    let mut author = Author::new(&client, secret, None).unwrap();
    let error = author.submit(&client, actions).unwrap_err();
    assert!(
        error.to_string().contains("run the command again"),
        "{error}"
    );
    server.join().unwrap();
}

#[test]
fn what_is_no_address_of_a_node_is_said_so() {
    for good in [
        "http://127.0.0.1:8080",
        "http://node.example/",
        "http://[::1]:1",
    ] {
        assert!(Client::new(good).is_ok(), "{good}");
    }
    for bad in ["127.0.0.1:8080", "http://", "http://a/b", "http://a b"] {
        let error = Client::new(bad).unwrap_err().to_string();
        assert!(error.contains("such as http://127.0.0.1:8080"), "{error}");
    }
    let error = Client::new("https://a").unwrap_err().to_string();
    assert!(error.contains("DIRCHAIN_AUTHORITIES"), "{error}");
}

#[test]
fn a_node_that_is_not_there_is_named_with_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(&url).unwrap().status().unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }));
    let error = error.to_string();
    assert!(
        error.starts_with(&format!("no node answers at {url}")),
        "{error}"
    );
    assert!(error.contains("dirchain run"), "{error}");
}
