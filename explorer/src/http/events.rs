//! `GET /api/v1/events`: every block and every action in it, as it comes, and from any height on.
//!
//! A listener holds a place in the chain and nothing else: what it has not read yet is read again
//! from the directory, so a slow one costs no memory. Messages about the newest blocks are written
//! once for all listeners.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use dirchain_ledger::ids::Height;
use futures::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

use super::App;
use super::extract::{Params, json_text};
use crate::api::Problem;
use crate::directory::Directory;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading;

/// The header in which a browser sends the id of the last message it saw.
const LAST_EVENT_ID: &str = "last-event-id";

/// A message's place: its block, and for an action its transaction's and its own place there.
/// Written `7` or `7.0.2`.
type Place = (Height, Option<(u32, u32)>);

/// After every message about a block.
const BLOCK_END: Option<(u32, u32)> = Some((u32::MAX, u32::MAX));

/// A message as it goes out.
struct Message {
    place: Place,
    data: String,
}

/// The messages about one block.
type Messages = Arc<Vec<Message>>;

/// Messages about the newest blocks.
#[derive(Default)]
pub(crate) struct Newest(Mutex<VecDeque<(Height, usize, Messages)>>);

impl Newest {
    fn find(&self, height: Height) -> Option<Messages> {
        let kept = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let found = kept.iter().find(|(of, _, _)| *of == height);
        found.map(|(_, _, messages)| Arc::clone(messages))
    }

    /// Keeps messages, newest blocks first, as far as they fit.
    fn keep(&self, height: Height, messages: &Messages) {
        let size_bytes = messages.iter().map(|message| message.data.len()).sum();
        let mut kept = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        if kept.iter().any(|(of, _, _)| *of == height) {
            return;
        }
        kept.push_back((height, size_bytes, Arc::clone(messages)));
        let mut total_bytes: usize = kept.iter().map(|(_, size_bytes, _)| size_bytes).sum();
        while total_bytes > limits::MESSAGES_BYTES_MAX {
            let oldest = (0..kept.len()).min_by_key(|index| kept.get(*index).map(|k| k.0));
            let Some((_, size_bytes, _)) = oldest.and_then(|oldest| kept.remove(oldest)) else {
                break;
            };
            total_bytes = total_bytes.saturating_sub(size_bytes);
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    /// The first block to tell of; the next one when left out.
    from: Option<u64>,
    /// Whether to tell of actions, not of blocks alone; true unless told otherwise.
    actions: Option<bool>,
}

/// Blocks and actions as they come. `Last-Event-ID` goes before `from`.
///
/// Server-sent events: `event` is `block`, `action` or `problem`, `id` the place (`7` is block 7, `7.0.2`
/// the third action of its first transaction), `data` one JSON object on one line. A line that begins
/// with a colon comes while nothing happens.
#[utoipa::path(get, path = "/events", tag = "chain",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last message seen, such as 7 or 7.0.2; the stream goes on after it")),
    responses((status = 200, description = "Messages of the types `block` (a BlockItem), `action` (an ActionEvent) and, at the end of a stream that cannot go on, `problem`", body = String, content_type = "text/event-stream")))]
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Params(query): Params<EventsQuery>,
) -> Result<Response, Problem> {
    let tip = app.directory.tip_moment().height;
    let last = match headers.get(LAST_EVENT_ID) {
        Some(id) => known(parse_place(id)?, tip)?,
        None => match query.from {
            None => (tip, BLOCK_END),
            Some(from) => before(Height(from), tip)?,
        },
    };
    let listener = Listener {
        _place: app.listener_place()?,
        with_actions: query.actions.unwrap_or(true),
        messages: Arc::default(),
        index: 0,
        last,
        next: match last {
            (height, BLOCK_END) => height.next(),
            (height, _) => height,
        },
        ended: false,
        app,
    };
    // What cannot be read at all is told with a status, not within the stream.
    if listener.next <= tip && listener.next > Height::GENESIS {
        listener.app.messages(listener.next).await?;
    }
    let messages = stream::unfold(listener, Listener::turn);
    let keep_alive = KeepAlive::new().interval(limits::LISTEN_KEEP_ALIVE);
    let mut response = Sse::new(messages).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    Ok(response)
}

/// A place that a listener was at: this node may be one block behind the node that it heard before,
/// and what lies beyond is of another chain.
fn known((height, action): Place, tip: Height) -> Result<Place, Problem> {
    if height > tip.next() {
        return Err(ProblemKind::AtInTheFuture.with(format!(
            "`Last-Event-ID` is of block {height}, and the chain reaches to height {tip}. Leave it out to begin anew; if the chain was begun anew, so is what you keep of it"
        )));
    }
    Ok((height, action))
}

/// The place before everything about a block.
fn before(from: Height, tip: Height) -> Result<Place, Problem> {
    if from > tip.next() {
        return Err(ProblemKind::AtInTheFuture.with(format!(
            "The chain reaches to height {tip}. Begin at {} at most, or leave `from` out",
            tip.next()
        )));
    }
    Ok((from.previous().unwrap_or(Height::GENESIS), BLOCK_END))
}

fn parse_place(id: &HeaderValue) -> Result<Place, Problem> {
    let bad = || {
        ProblemKind::BadParameter.with(
            "`Last-Event-ID` is the id of a message as this stream sent it, such as 7 or 7.0.2. Leave it out to begin anew",
        )
    };
    let text = id.to_str().map_err(|_| bad())?;
    let mut parts = text.splitn(3, '.');
    let height = parts.next().and_then(|part| part.parse().ok());
    let height = Height(height.ok_or_else(bad)?);
    let index = |part: Option<&str>| part.and_then(|part| part.parse().ok());
    match (parts.next(), parts.next()) {
        (None, _) => Ok((height, None)),
        (transaction, action) => {
            let transaction = index(transaction).ok_or_else(bad)?;
            Ok((height, Some((transaction, index(action).ok_or_else(bad)?))))
        }
    }
}

fn id_of((height, action): Place) -> String {
    match action {
        None => height.to_string(),
        Some((transaction, action)) => format!("{height}.{transaction}.{action}"),
    }
}

/// Somebody who listens, and how far it is.
struct Listener {
    app: Arc<App>,
    with_actions: bool,
    /// The messages about the block before `next`, and how many of them were looked at.
    messages: Messages,
    index: usize,
    /// The last message that was sent, or that was seen before.
    last: Place,
    /// The block to be read next.
    next: Height,
    ended: bool,
    /// Given back when the listener goes.
    _place: OwnedSemaphorePermit,
}

type Turn = Option<(Result<Event, Infallible>, Listener)>;

impl Listener {
    /// The next message, once there is one.
    async fn turn(mut self) -> Turn {
        if self.ended {
            return None;
        }
        loop {
            if let Some(event) = self.next_message() {
                return Some((Ok(event), self));
            }
            let is_behind = self.next <= self.app.directory.tip_moment().height;
            if !is_behind {
                if self.app.stops_within(limits::LISTEN_INTERVAL).await {
                    return None;
                }
                continue;
            }
            match self.app.messages(self.next).await {
                Ok(messages) => {
                    self.messages = messages;
                    self.index = 0;
                    self.next = self.next.next();
                }
                Err(problem) => {
                    self.ended = true;
                    let data = json_text(&problem).unwrap_or_default();
                    return Some((Ok(Event::default().event("problem").data(data)), self));
                }
            }
        }
    }

    fn next_message(&mut self) -> Option<Event> {
        while let Some(message) = self.messages.get(self.index) {
            self.index = self.index.saturating_add(1);
            let is_action = message.place.1.is_some();
            if message.place > self.last && (self.with_actions || !is_action) {
                self.last = message.place;
                let event = Event::default()
                    .event(if is_action { "action" } else { "block" })
                    .id(id_of(message.place))
                    .retry(limits::LISTEN_RETRY)
                    .data(&message.data);
                return Some(event);
            }
        }
        None
    }
}

impl App {
    /// The messages about a block: kept ones, or read now.
    async fn messages(&self, height: Height) -> Result<Messages, Problem> {
        if height == Height::GENESIS {
            return Ok(Messages::default());
        }
        if let Some(messages) = self.newest.find(height) {
            return Ok(messages);
        }
        let read = move |directory: &dyn Directory| written(directory, height);
        let messages = Arc::new(self.read(read).await?);
        self.newest.keep(height, &messages);
        Ok(messages)
    }
}

fn written(directory: &dyn Directory, height: Height) -> Result<Vec<Message>, Problem> {
    fn message(place: Place, item: &impl Serialize) -> Result<Message, Problem> {
        let data = json_text(item)?;
        Ok(Message { place, data })
    }
    let (block, events) = reading::block_events(directory, height)?;
    let mut messages = vec![message((height, None), &block)?];
    for event in &events {
        let place = Some((event.item.transaction_index, event.item.action_index));
        messages.push(message((height, place), event)?);
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn ids_of_messages_come_back_as_they_were_and_nothing_else_parses() {
        let parse = |text: &str| parse_place(&HeaderValue::from_str(text).unwrap());
        for place in [(Height(7), None), (Height(u64::MAX), Some((0, 2)))] {
            assert_eq!(parse(&id_of(place)).unwrap(), place);
        }
        for bad in ["", "x", "7.", "7.0", "7.0.", "7.0.2.1", "-1", "7,0,2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_oldest_messages_give_way() {
        let newest = Newest::default();
        let large = |height| {
            let data = "x".repeat(limits::MESSAGES_BYTES_MAX / 2);
            let place = (Height(height), None);
            Arc::new(vec![Message { place, data }])
        };
        for height in [5, 4, 6] {
            newest.keep(Height(height), &large(height));
        }
        let kept = |height| newest.find(Height(height)).is_some();
        assert!(!kept(4) && kept(5) && kept(6));
    }
}
