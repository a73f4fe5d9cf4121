//! What every answer of a real node has around it: a tag, the chain's height, how long it may be kept; that a
//! repeated submission has one effect; that a stream goes on where it broke off.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use dirchain_ledger::records::Role;
use dirchain_tests::City;
use ureq::http::Response;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

fn asked(url: &str, headers: &[(&str, &str)]) -> Response<ureq::Body> {
    let request = headers
        .iter()
        .fold(agent().get(url), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.call().unwrap()
}

fn header(answer: &Response<ureq::Body>, name: &str) -> String {
    let value = answer.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

#[test]
fn answers_are_tagged_kept_and_resumed() {
    let city = City::loaded();
    let url = city.nodes[0].url();
    let height = city.agree().height;

    // A strong tag, which saves sending the same again; the newest height beside it.
    for path in [
        "/api/v1/resources/103001%2F000001",
        "/api/v1/departments?limit=5",
        "/api/v1/openapi.json",
        "/resources/103001%2F000001",
    ] {
        let first = asked(&format!("{url}{path}"), &[]);
        let tag = header(&first, "etag");
        assert!(
            tag.starts_with('"') && tag.len() == 34,
            "{path}: {tag} is no strong tag"
        );
        let shown: u64 = header(&first, "x-chain-height").parse().unwrap();
        assert!(shown >= height.0, "{path}");
        assert_eq!(header(&first, "cache-control"), "no-cache", "{path}");
        // At rest nothing changes; a heartbeat in between would be another block.
        let again = asked(&format!("{url}{path}"), &[("if-none-match", &tag)]);
        let moved = header(&again, "x-chain-height") != header(&first, "x-chain-height");
        assert!(again.status() == 304 || moved, "{path}: {}", again.status());
    }

    // What is asked about a height never changes, at any node.
    let pinned = format!("/api/v1/resources/103001%2F000001?at={height}");
    let kept = asked(&format!("{url}{pinned}"), &[]);
    assert!(header(&kept, "cache-control").contains("immutable"));
    let elsewhere = asked(&format!("{}{pinned}", city.nodes[2].url()), &[]);
    assert_eq!(header(&kept, "etag"), header(&elsewhere, "etag"));
    city.register(0, "D047", 1);
    let later = asked(
        &format!("{url}{pinned}"),
        &[("if-none-match", &header(&kept, "etag"))],
    );
    assert_eq!(later.status(), 304, "though the chain went on");

    // A submission repeated under its key has one effect; another one under it is refused.
    let author = city.author(0, "D047", Role::Head);
    let signed = |number: u32| {
        let signed = author.sign(vec![City::sub_unit("D047", number)]).unwrap();
        serde_json::to_string(&signed).unwrap()
    };
    let post = |body: &str| {
        let request = agent().post(format!("{url}/api/v1/transactions"));
        let request = request.header("content-type", "application/json");
        let mut answer = request
            .header("idempotency-key", "7f9c2e6a-one")
            .send(body)
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    };
    let (first, second) = (signed(2), signed(3));
    let (status, told) = post(&first);
    assert_eq!(status, 202, "{told}");
    assert_eq!(post(&first), (202, told), "the same answer again");
    let (status, told) = post(&second);
    assert_eq!(status, 422, "{told}");
    assert!(told.contains("idempotency-key-reused"), "{told}");

    // A stream goes on after the message that its listener has.
    let ids = |from: &str, last: &[(&str, &str)], count: usize| {
        let answer = asked(&format!("{url}/api/v1/events{from}"), last);
        assert_eq!(header(&answer, "content-type"), "text/event-stream");
        let lines = BufReader::new(answer.into_body().into_reader()).lines();
        let ids = lines.filter_map(|line| Some(line.unwrap().strip_prefix("id: ")?.to_owned()));
        ids.take(count).collect::<Vec<_>>()
    };
    let all = ids("?from=1", &[], 12);
    assert_eq!(all.len(), 12);
    let rest = ids("", &[("last-event-id", &all[4])], 7);
    assert_eq!(rest, all[5..], "none is left out, none comes twice");
}
