//! The stream of blocks and actions: as they come, from a height, and on from where it broke off.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use common::{City, get, problem, problem_of, send};
use dirchain_explorer::api::{ActionEvent, BlockItem};
use dirchain_explorer::{Settings, limits, router_with};
use dirchain_ledger::testing::{Ledger, PROVIDER, code, entry, responsibility};
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;

/// A message: its type, its id, its data.
type Message = (String, String, Value);

struct Stream {
    body: BodyDataStream,
    buffer: String,
}

impl Stream {
    async fn open(router: &Router, address: &str, last_event_id: Option<&str>) -> Self {
        let mut request = Request::get(address);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200, "{address}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            body: response.into_body().into_data_stream(),
            buffer: String::new(),
        }
    }

    /// The next message; none when the stream ends, or when nothing comes for a while.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((text, rest)) = self.buffer.split_once("\n\n") {
                let message = parse(text);
                self.buffer = rest.to_owned();
                match message {
                    Some(message) => return Some(message),
                    None => continue,
                }
            }
            let quiet = Duration::from_millis(600);
            let chunk = tokio::time::timeout(quiet, self.body.next()).await.ok()??;
            self.buffer += std::str::from_utf8(&chunk.unwrap()).unwrap();
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        for _ in 0..count {
            messages.push(self.next().await.expect("another message"));
        }
        messages
    }

    async fn rest(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(message) = self.next().await {
            messages.push(message);
        }
        messages
    }
}

fn parse(text: &str) -> Option<Message> {
    let field = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name).map(|value| value.trim().to_owned()))
    };
    let data = serde_json::from_str(&field("data:")?).unwrap();
    Some((field("event:")?, field("id:").unwrap_or_default(), data))
}

fn city() -> Arc<City> {
    let mut ledger = Ledger::default();
    ledger.granted(1, &[1, 2]);
    City::new(ledger)
}

fn ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|(_, id, _)| id.as_str()).collect()
}

#[tokio::test]
async fn everything_since_a_height_is_told_in_order_and_resumed_at_any_message() {
    let city = city();
    let router = city.router();
    let mut whole = Stream::open(&router, "/api/v1/events?from=1", None).await;
    let all = whole.rest().await;
    let tip = city.ledger().tip.height;
    let blocks: Vec<BlockItem> = all
        .iter()
        .filter(|(kind, _, _)| kind == "block")
        .map(|(_, _, data)| serde_json::from_value(data.clone()).unwrap())
        .collect();
    let heights: Vec<u64> = blocks.iter().map(|block| block.height.0).collect();
    assert_eq!(heights, (1..=tip.0).collect::<Vec<u64>>());
    let ledger = city.ledger();
    let actions = ledger.blocks.iter().flat_map(|b| &b.transactions);
    let count: usize = actions.map(|t| t.actions.len()).sum();
    assert_eq!(all.len(), blocks.len() + count);
    for (kind, id, data) in all.iter().filter(|(kind, _, _)| kind != "block") {
        assert_eq!(kind, "action");
        let event: ActionEvent = serde_json::from_value(data.clone()).unwrap();
        let item = &event.item;
        let place = (item.at.height, item.transaction_index, item.action_index);
        assert_eq!(*id, format!("{}.{}.{}", place.0, place.1, place.2));
        assert_eq!(item.action, event.content.name());
    }
    for seen in 0..all.len() {
        let id = &all[seen].1;
        let mut again = Stream::open(&router, "/api/v1/events?from=2", Some(id)).await;
        let left = all.len() - seen - 1;
        assert_eq!(again.take(left).await, all[seen + 1..], "after {id}");
    }
}

#[tokio::test]
async fn new_blocks_are_told_to_whoever_listens_already() {
    let city = city();
    let router = city.router();
    let tip = city.ledger().tip.height.0;
    let mut with = Stream::open(&router, "/api/v1/events", None).await;
    let mut without = Stream::open(&router, "/api/v1/events?actions=false", None).await;
    assert!(with.next().await.is_none());
    for number in [7, 8] {
        let entry = entry(&responsibility(PROVIDER));
        city.change(|ledger| ledger.draft(PROVIDER, &code(number), &entry).map(drop))
            .unwrap();
    }
    let (first, second) = (tip + 1, tip + 2);
    let expected = [
        first.to_string(),
        format!("{first}.0.0"),
        second.to_string(),
        format!("{second}.0.0"),
    ];
    assert_eq!(ids(&with.take(4).await), expected);
    assert_eq!(ids(&without.take(2).await), [&expected[0], &expected[2]]);
}

#[tokio::test]
async fn a_listener_ahead_of_this_node_waits_for_it() {
    let city = city();
    let router = city.router();
    let tip = city.ledger().tip.height.0;
    let ahead = (tip + 1).to_string();
    let mut stream = Stream::open(&router, "/api/v1/events", Some(&ahead)).await;
    for number in [7, 8] {
        let entry = entry(&responsibility(PROVIDER));
        city.change(|ledger| ledger.draft(PROVIDER, &code(number), &entry).map(drop))
            .unwrap();
    }
    let told = stream.take(3).await;
    assert_eq!(ids(&told)[1], (tip + 2).to_string());
}

#[tokio::test]
async fn places_that_are_none_are_refused() {
    let city = city();
    let router = city.router();
    let next = city.ledger().tip.height.next();
    let after = format!("/api/v1/events?from={}", next.next());
    problem(&router, &after, 404, "at-in-the-future").await;
    for bad in ["from=x", "from=-1", "since=4", "actions=maybe"] {
        let address = format!("/api/v1/events?{bad}");
        problem(&router, &address, 400, "bad-parameter").await;
    }
    let request = Request::get("/api/v1/events").header("last-event-id", "seven");
    let sent = send(&router, request.body(Body::empty()).unwrap()).await;
    problem_of(&sent, 400, "bad-parameter");
    for action in ["", ".0.0"] {
        let id = format!("{}{action}", next.next());
        let request = Request::get("/api/v1/events").header("last-event-id", id);
        let sent = send(&router, request.body(Body::empty()).unwrap()).await;
        problem_of(&sent, 404, "at-in-the-future");
    }
    city.kept_from.store(4, Ordering::Relaxed);
    let address = "/api/v1/events?from=2";
    problem(&router, address, 404, "height-unavailable").await;
}

#[tokio::test]
async fn a_stream_that_cannot_go_on_says_why_and_ends() {
    let city = city();
    let router = city.router();
    let mut stream = Stream::open(&router, "/api/v1/events?from=1", None).await;
    stream.take(2).await;
    // Messages that are kept for all listeners are of blocks read before.
    city.broken.store(true, Ordering::Relaxed);
    let rest = stream.rest().await;
    let (kind, _, data) = rest.last().unwrap();
    assert_eq!(kind, "problem");
    assert_eq!(data["type"], "urn:dirchain:problem:state-unreadable");
}

#[tokio::test]
async fn listeners_are_counted_and_places_come_back() {
    let city = city();
    let router = city.router();
    let mut open = Vec::new();
    for _ in 0..limits::LISTENERS_MAX {
        open.push(Stream::open(&router, "/api/v1/events", None).await);
    }
    problem(&router, "/api/v1/events", 503, "busy").await;
    assert_eq!(get(&router, "/api/v1/status").await.status, 200);
    open.pop();
    Stream::open(&router, "/api/v1/events", None).await;
}

#[tokio::test]
async fn listeners_are_let_go_when_the_node_stops() {
    let city = city();
    let (stop, stopping) = watch::channel(false);
    let settings = Settings {
        stopping: Some(stopping),
        ..Settings::default()
    };
    let router = router_with(city.clone(), city.clone(), settings);
    let mut stream = Stream::open(&router, "/api/v1/events", None).await;
    stop.send(true).unwrap();
    let end = tokio::time::timeout(Duration::from_millis(300), stream.body.next());
    assert!(end.await.expect("the stream ends at once").is_none());
}
