//! Bad input of every kind, over HTTP and on the command line, is named and changes nothing.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dirchain::devnet::{Seed, sample_city};
use dirchain::home::Home;
use dirchain_ledger::action::Action;
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, TimeMs};
use dirchain_ledger::records::Role;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_tests::{City, program, run};
use serde_json::Value;

/// Checks that nothing took effect since: the state is the same, and blocks since then are empty.
fn assert_untouched(city: &City, before: &dirchain_tests::Agreed) {
    let after = city.agree();
    assert_eq!(after.state_root, before.state_root);
    for height in before.height.0 + 1..=after.height.0 {
        let block = city.client(0).block(dirchain_ledger::ids::Height(height));
        assert!(block.unwrap().transactions.is_empty(), "{height}");
    }
}

fn in_an_hour() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    TimeMs(i64::try_from(since.as_millis()).unwrap() + 3_600_000)
}

fn unit() -> Vec<Action> {
    vec![City::sub_unit("D012", 900)]
}

/// The head of D039 revokes the administrator's key, and the key is returned.
fn revoke_a_key(city: &City) -> SecretKey {
    let revoked = city.secret("D039", Role::Administrator);
    let public_key = revoked.public();
    let mut head = city.author(0, "D039", Role::Head);
    let sent = head.submit(&city.client(0), vec![Action::RevokeKey { public_key }]);
    city.committed(0, &sent.unwrap());
    revoked
}

#[test]
fn transactions_that_cannot_be_taken_are_told_apart() {
    let city = City::started();
    city.register(0, "D012", 1);
    let revoked = revoke_a_key(&city);
    let before = city.agree();
    let chain = city.layout.city.genesis.chain();
    let head = city.secret("D012", Role::Head);
    let sign = |secret: &SecretKey, chain, sequence, not_after, actions| {
        SignedTransaction::new(secret, chain, sequence, not_after, actions).unwrap()
    };
    let later = in_an_hour();
    let good = sign(&head, chain, 2, later, unit());
    let mut forged = good.clone();
    forged.signature.0[7] ^= 1;
    let mut swapped = good.clone();
    swapped.actions = sign(&head, chain, 2, later, vec![City::sub_unit("D012", 901)]).actions;
    let stranger = SecretKey::from_seed(&[7; 32]);
    let other_chain = ChainId(Hash([9; 32]));
    let administrator = city.secret("D012", Role::Administrator);
    let declare = |department: &str| {
        let department = department.parse().unwrap();
        let city = &city.layout.city;
        let head = city
            .keys
            .get(&department, Role::Head)
            .unwrap()
            .secret
            .clone();
        sign(&head, chain, 1, later, vec![City::sub_unit("D012", 902)])
    };
    let cases = [
        ("bad-signature", 400, forged),
        ("wrong-actions", 400, swapped),
        ("unknown-key", 422, sign(&stranger, chain, 1, later, unit())),
        ("revoked-key", 422, sign(&revoked, chain, 1, later, unit())),
        ("sequence-used", 409, sign(&head, chain, 1, later, unit())),
        ("expired", 422, sign(&head, chain, 2, TimeMs(1), unit())),
        (
            "expiry-too-far",
            422,
            sign(&head, chain, 2, TimeMs(later.0 + 48 * 3_600_000), unit()),
        ),
        (
            "wrong-chain",
            400,
            sign(&head, other_chain, 2, later, unit()),
        ),
        (
            "role-forbids",
            422,
            sign(&administrator, chain, 1, later, unit()),
        ),
        ("not-acting-for", 422, declare("D024")),
        (
            "taken",
            409,
            sign(&head, chain, 2, later, vec![City::sub_unit("D012", 1)]),
        ),
    ];
    for (code, status, transaction) in cases {
        let given = post(&city, "application/octet-stream", &encode(&transaction));
        assert_eq!(given.0, code, "{}", given.2);
        assert_eq!(
            given.1 / 100,
            4,
            "{code}: {status} or another 4xx, not {}",
            given.1
        );
        assert_eq!(
            given.2["title"].as_str().map(str::is_empty),
            Some(false),
            "{code}"
        );
        // The same from another node, and as JSON.
        let error = city.client(2).submit(&transaction).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let json = serde_json::to_vec(&transaction).unwrap();
        assert_eq!(post(&city, "application/json", &json).0, code);
    }
    assert_untouched(&city, &before);
}

/// Posts bytes as a transaction: the problem's code, its status, and the whole of it.
fn post(city: &City, content_type: &str, body: &[u8]) -> (String, u16, Value) {
    let request = agent().post(format!("{}/api/v1/transactions", city.nodes[0].url()));
    problem(
        request
            .header("content-type", content_type)
            .send(body)
            .unwrap(),
    )
}

fn get(city: &City, path: &str) -> (String, u16, Value) {
    problem(
        agent()
            .get(format!("{}{path}", city.nodes[0].url()))
            .call()
            .unwrap(),
    )
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)));
    config.build().into()
}

fn problem(mut response: ureq::http::Response<ureq::Body>) -> (String, u16, Value) {
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let text = response.body_mut().read_to_string().unwrap();
    assert_eq!(kind, "application/problem+json", "{status}: {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], status, "{text}");
    let code = problem["type"].as_str().unwrap();
    let code = code
        .strip_prefix("urn:dirchain:problem:")
        .unwrap()
        .to_owned();
    (code, status, problem)
}

#[test]
fn bytes_and_questions_that_make_no_sense_are_told_apart() {
    let city = City::started();
    city.register(0, "D012", 1);
    let before = city.agree();
    let long = vec![0u8; 300 * 1024];
    let bodies: [(&str, u16, &str, &[u8]); 7] = [
        ("body-too-large", 413, "application/octet-stream", &long),
        (
            "malformed-transaction",
            400,
            "application/octet-stream",
            b"",
        ),
        (
            "malformed-transaction",
            400,
            "application/octet-stream",
            b"not a transaction",
        ),
        (
            "malformed-transaction",
            400,
            "application/octet-stream",
            &[0xff; 4096],
        ),
        (
            "malformed-transaction",
            400,
            "application/json",
            b"{\"envelope\":",
        ),
        ("malformed-transaction", 400, "application/json", b"[]"),
        ("unsupported-media-type", 415, "text/plain", b"x"),
    ];
    for (code, status, content_type, body) in bodies {
        let given = post(&city, content_type, body);
        assert_eq!((given.0.as_str(), given.1), (code, status), "{}", given.2);
    }
    let questions = [
        ("no-such-record", 404, "/api/v1/resources/999999%2F000001"),
        ("no-such-record", 404, "/api/v1/departments/D999"),
        ("bad-path", 400, "/api/v1/departments/nobody%20at%20all"),
        ("no-such-block", 404, "/api/v1/blocks/9999999"),
        ("at-in-the-future", 404, "/api/v1/departments?at=9999999"),
        (
            "at-in-the-future",
            404,
            "/api/v1/departments/D012?at=2999-01-01T00:00:00Z",
        ),
        (
            "at-before-genesis",
            404,
            "/api/v1/departments?at=1999-01-01T00:00:00Z",
        ),
        ("bad-parameter", 400, "/api/v1/departments?at=yesterday"),
        ("bad-parameter", 400, "/api/v1/departments?limit=0"),
        ("bad-parameter", 400, "/api/v1/departments?colour=red"),
        ("bad-cursor", 404, "/api/v1/departments?cursor=abc"),
        ("no-such-route", 404, "/api/v1/nothing"),
        ("method-not-allowed", 405, "/api/v1/transactions"),
    ];
    for (code, status, path) in questions {
        let given = get(&city, path);
        assert_eq!(
            (given.0.as_str(), given.1),
            (code, status),
            "{path}: {}",
            given.2
        );
    }
    assert_untouched(&city, &before);
}

#[test]
fn commands_that_cannot_be_carried_out_say_so_in_a_line() {
    let city = City::started();
    city.register(0, "D012", 1);
    revoke_a_key(&city);
    city.cli(0, "keys new stranger").ok();
    let before = city.agree();
    let unit = "department register D012.1 --parent D012 --name x --level city --region 110000";
    let declare = "responsibility declare Z-D012-77 --holder D012 --title x";
    let readme = dirchain_tests::repository().join("samples/README.md");
    let cases = [
        ("query resource 999999/000001".to_owned(), "999999/000001"),
        (
            "query department D012 --at 9999999".to_owned(),
            "reaches to height",
        ),
        (
            "query department D012 --at 2999-01-01".to_owned(),
            "reaches to height",
        ),
        (format!("{unit} --as D012-head"), "exists already"),
        (format!("{unit} --as D012-administrator"), "role"),
        (format!("{unit} --as nobody"), "nobody"),
        (format!("{unit} --as stranger"), "not registered"),
        (format!("{unit} --as D039-administrator"), "revoked"),
        (format!("{declare} --as D012-head"), "office"),
        (
            format!(
                "import --format dcat-us --as D012-head {}",
                readme.display()
            ),
            "README.md",
        ),
        (
            "import --format dcat-us --as D012-head /nowhere/data.json".to_owned(),
            "/nowhere",
        ),
    ];
    for (words, says) in cases {
        let line = city.cli(0, &words).refused();
        assert!(line.starts_with("error: "), "{words}: {line}");
        assert!(line.contains(says), "{words}: {line}");
    }
    commands_elsewhere(&city, unit);
    assert_untouched(&city, &before);
}

/// The same with a node that is not there, another chain's home, and a wrong passphrase.
fn commands_elsewhere(city: &City, unit: &str) {
    let data = city.layout.dir();
    let wrong = city.dir().join("wrong");
    std::fs::write(&wrong, "not the passphrase\n").unwrap();
    let home = city.dir().join("elsewhere");
    std::fs::create_dir_all(home.join("keys")).unwrap();
    let another = sample_city(&Seed::new("another"), 4, 7000, TimeMs(1_700_000_000_000)).unwrap();
    Home::at(&home).write_genesis(&another.genesis).unwrap();
    std::fs::copy(
        data.join("keys/D012-head.json"),
        home.join("keys/D012-head.json"),
    )
    .unwrap();
    let here = city.nodes[0].url();
    let passphrase = city.layout.passphrase_file();
    let nobody = format!("http://127.0.0.1:{}", city.ports.spare(0));
    for (home, passphrase, node, says) in [
        (data, &passphrase, &nobody, "no node answers"),
        (data, &wrong, &here, "passphrase"),
        (home.as_path(), &passphrase, &here, "chain"),
    ] {
        let mut command = Command::new(program());
        command
            .arg("--home")
            .arg(home)
            .arg("--passphrase-file")
            .arg(passphrase);
        command
            .args(["--node", node])
            .args(unit.split(' '))
            .args(["--as", "D012-head"]);
        let line = run(&mut command, city.dir(), Duration::from_secs(60)).refused();
        assert!(line.starts_with("error: ") && line.contains(says), "{line}");
    }
}

/// Whoever opens connections and says nothing takes neither the descriptors that the database needs
/// nor the node's part in the round.
#[test]
fn half_sent_requests_do_not_stop_a_node() {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    let city = City::started();
    let port = city.nodes[0].http_port();
    let mut half_open: Vec<TcpStream> = (0..700)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.write_all(b"GET /livez HTTP/1.1\r\nHost:").unwrap();
            stream
        })
        .collect();
    let short = Some(Duration::from_millis(20));
    let closed = half_open.iter_mut().filter_map(|stream| {
        stream.set_read_timeout(short).unwrap();
        // The end of the stream, or a reset: the node let go of it.
        let read = stream.read(&mut [0; 1]).map_err(|error| error.kind());
        let waits = matches!(
            read,
            Err(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
        );
        (!waits).then_some(())
    });
    let closed = closed.count();
    assert!(closed >= 188, "{closed} of 700 were closed");
    let height = city.register(1, "D012", 1);
    drop(half_open);
    dirchain_tests::eventually("the node has the block", dirchain_tests::BLOCK, || {
        (city.client(0).status().ok()?.tip.height >= height).then_some(())
    });
    city.agree();
}
