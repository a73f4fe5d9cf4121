//! Who may ask a node: encrypted connections, tokens, certificates, and nothing open by oversight.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dirchain::client::{Client, ClientError};
use dirchain_explorer::Tokens;
use dirchain_tests::{Authority, City, configure, program, run};

fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// An address of this machine that is not loopback: the one that it would ask others from.
fn own_address() -> IpAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    // Nothing is sent: connecting a datagram socket only chooses the address.
    socket
        .connect("192.0.2.1:9")
        .expect("this machine has an address besides loopback");
    socket.local_addr().unwrap().ip()
}

/// A node that must not start, and the line it says so with.
fn refuses(city: &City, http: &str) -> String {
    let home = &city.nodes[0].home;
    let mut command = Command::new(program());
    command
        .arg("--home")
        .arg(home.dir())
        .args(["run", "--http", http]);
    run(&mut command, city.dir(), Duration::from_secs(20)).refused()
}

#[test]
fn a_node_that_others_reach_is_encrypted_and_knows_who_asks() {
    let mut city = City::new();
    let authority = Authority::new();
    let home = city.nodes[0].home.clone();
    let port = city.nodes[0].http_port();
    let everywhere = format!("0.0.0.0:{port}");

    // Nothing set: no other machine gets in by oversight.
    let open = refuses(&city, &everywhere);
    assert!(open.contains("must be encrypted"), "{open}");
    let (certificate, key) = authority.gives(&["127.0.0.1", &own_address().to_string()]);
    std::fs::write(home.dir().join("https.pem"), certificate).unwrap();
    let key_file = home.dir().join("https.key");
    std::fs::write(&key_file, &key).unwrap();
    configure(&home, |config| {
        config.http.certificate = Some("https.pem".into());
        config.http.key = Some("https.key".into());
    });
    let unnamed = refuses(&city, &everywhere);
    assert!(unnamed.contains("name who may ask"), "{unnamed}");

    // Two roles' tokens, and clients of an authority of their own.
    let line = |role: &str| format!("{role} {}\n", hex(&Tokens::hash(role)));
    let tokens = home.dir().join("tokens");
    std::fs::write(&tokens, "reader nonsense\n").unwrap();
    let clients = Authority::new();
    std::fs::write(home.dir().join("clients.pem"), clients.pem()).unwrap();
    configure(&home, |config| {
        config.http.tokens = Some("tokens".into());
        config.http.client_certificates = Some("clients.pem".into());
        config.http.requests_per_second_max = 20;
    });
    let exposed = refuses(&city, &everywhere);
    assert!(exposed.contains("chmod 600"), "{exposed}");
    write_private(&key_file, &key);
    let nonsense = refuses(&city, &everywhere);
    assert!(nonsense.contains("line 1: write a role"), "{nonsense}");
    std::fs::write(
        &tokens,
        line("reader") + &line("gateway") + &line("operator"),
    )
    .unwrap();

    city.nodes[0].start_on(&everywhere);
    let url = format!("https://127.0.0.1:{port}");
    let roots = authority.pem();
    let with = |token: Option<&str>| Client::shown(&url, Some(roots.as_bytes()), token).unwrap();
    dirchain_tests::eventually("the node answers", dirchain_tests::START, || {
        with(Some("reader")).status().ok()
    });

    let code = |client: &Client, path: &str| match client.get::<serde_json::Value>(path, &[]) {
        Ok(_) => "in".to_owned(),
        Err(error) => match error.code() {
            // Whatever else is answered comes from behind the guard.
            code @ ("token-needed" | "token-forbids" | "too-many-requests" | "unreachable") => {
                code.to_owned()
            }
            _ => "in".to_owned(),
        },
    };
    let check = "/api/v1/access-check?department=D008&resource=101001%2F000001&field=3";
    for (path, nobody, reader, gateway) in [
        ("/api/v1/status", "token-needed", "in", "token-forbids"),
        (check, "token-needed", "in", "in"),
        (
            "/api/v1/evidence/anchor",
            "token-needed",
            "in",
            "token-forbids",
        ),
        ("/tlog/checkpoint", "token-needed", "in", "token-forbids"),
        ("/metrics", "token-needed", "token-forbids", "token-forbids"),
        ("/", "token-needed", "in", "token-forbids"),
    ] {
        assert_eq!(code(&with(None), path), nobody, "{path}");
        assert_eq!(code(&with(Some("wrong")), path), nobody, "{path}");
        assert_eq!(code(&with(Some("reader")), path), reader, "{path}");
        assert_eq!(code(&with(Some("gateway")), path), gateway, "{path}");
    }
    assert_eq!(code(&with(Some("operator")), "/metrics"), "in");

    // Whoever does not trust the authority, or speaks without encryption, gets nothing.
    let other = Authority::new().pem();
    let stranger = Client::shown(&url, Some(other.as_bytes()), Some("reader")).unwrap();
    assert!(matches!(
        stranger.status(),
        Err(ClientError::Untrusted { .. })
    ));
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    plain
        .write_all(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    // The node may cut the connection before all is read: that is no answer either.
    let _cut = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");

    // A certificate of the accepted authority reads; one of another is turned away.
    assert_eq!(
        certified(&url, &roots, &clients, "/api/v1/status"),
        Some(200)
    );
    assert_eq!(certified(&url, &roots, &clients, "/metrics"), Some(403));
    assert_eq!(
        certified(&url, &roots, &Authority::new(), "/api/v1/status"),
        None
    );

    // The command line is told where its token goes, and when it is another than the node knows.
    let told = |token| with(token).status().unwrap_err().to_string();
    assert!(told(None).contains("put it in DIRCHAIN_TOKEN"));
    assert!(told(Some("another")).contains("does not know the token in DIRCHAIN_TOKEN"));

    // Another address has its rate; this machine's own has none.
    let address = SocketAddr::new(own_address(), port);
    let distant = Client::shown(
        &format!("https://{address}"),
        Some(roots.as_bytes()),
        Some("reader"),
    );
    let distant = distant.unwrap();
    let answers: Vec<String> = (0..120).map(|_| code(&distant, "/api/v1/status")).collect();
    assert_eq!(answers[0], "in");
    assert!(
        answers.iter().any(|answer| answer == "too-many-requests"),
        "{answers:?}"
    );
    assert!((0..120).all(|_| code(&with(Some("reader")), "/api/v1/status") == "in"));
    city.nodes[0].stop();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The status that a client with a certificate of `authority` is answered; none when the connection
/// is refused.
fn certified(url: &str, roots: &str, authority: &Authority, path: &str) -> Option<u16> {
    use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
    let (certificate, key) = authority.gives(&["client"]);
    let chain = [Certificate::from_pem(certificate.as_bytes()).unwrap()];
    let key = PrivateKey::from_pem(key.as_bytes()).unwrap();
    let root = Certificate::from_pem(roots.as_bytes()).unwrap();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[root]))
        .client_cert(Some(ClientCert::new_with_certs(&chain, key)))
        .unversioned_rustls_crypto_provider(std::sync::Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .build()
        .into();
    let answer = agent.get(format!("{url}{path}")).call().ok()?;
    Some(answer.status().as_u16())
}
