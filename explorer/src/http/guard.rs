//! Who may ask, and how often: tokens by role, client certificates, and a rate for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::{App, wants_page};
use crate::api::Problem;
use crate::limits;
use crate::pages::{Visit, refusal_page};
use crate::problem::ProblemKind;

/// Who is at the other end of a connection, as far as the connection tells.
#[derive(Copy, Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether it showed a certificate that this node's operator accepts.
    pub has_certificate: bool,
}

/// What a token is for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum TokenRole {
    /// Reads everything but the metrics, and submits.
    Reader,
    /// Asks for verdicts, and nothing else.
    Gateway,
    /// Everything, the metrics too.
    Operator,
}

impl TokenRole {
    /// The role as the tokens' file writes it.
    pub fn name(self) -> &'static str {
        match self {
            TokenRole::Reader => "reader",
            TokenRole::Gateway => "gateway",
            TokenRole::Operator => "operator",
        }
    }

    fn may_ask(self, path: &str) -> bool {
        match self {
            TokenRole::Operator => true,
            TokenRole::Reader => path != "/metrics",
            TokenRole::Gateway => {
                path == "/api/v1/access-check"
                    || path.starts_with("/access/v1/")
                    || path == "/readyz"
            }
        }
    }
}

impl FromStr for TokenRole {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let roles = [Self::Reader, Self::Gateway, Self::Operator];
        roles.into_iter().find(|role| role.name() == text).ok_or(())
    }
}

/// The tokens that a node knows, by their SHA-256: the tokens themselves are nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<(TokenRole, [u8; 32])>);

/// What is wrong with a tokens' file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokensError {
    /// A line is no role with a hash.
    #[error(
        "line {line}: write a role (reader, gateway or operator), a space and the SHA-256 of the token in hexadecimal"
    )]
    Malformed {
        /// The line, from 1.
        line: usize,
    },
    /// The same token twice.
    #[error("line {line}: this token stands on an earlier line already")]
    Twice {
        /// The line, from 1.
        line: usize,
    },
    /// Too many tokens.
    #[error("there are more than {} tokens", limits::TOKENS_MAX)]
    TooMany,
    /// None at all.
    #[error(
        "it holds no token. Add a line: a role (reader, gateway or operator), a space and the SHA-256 of the token in hexadecimal, as `printf %s \"$TOKEN\" | sha256sum` prints it"
    )]
    Empty,
}

impl Tokens {
    /// Parses a file: a line for each token, its role and its hash; `#` begins a comment.
    pub fn parse(text: &str) -> Result<Self, TokensError> {
        let mut tokens: Vec<(TokenRole, [u8; 32])> = Vec::new();
        for (line, written) in (1usize..).zip(text.lines()) {
            let written = written.split('#').next().unwrap_or_default();
            let mut words = written.split_whitespace();
            let Some(role) = words.next() else {
                continue;
            };
            let malformed = TokensError::Malformed { line };
            let mut hash = [0; 32];
            let (Ok(role), Some(hex), None) = (role.parse(), words.next(), words.next()) else {
                return Err(malformed);
            };
            if hex::decode_to_slice(hex, &mut hash).is_err() {
                return Err(malformed);
            }
            if tokens.iter().any(|(_, known)| *known == hash) {
                return Err(TokensError::Twice { line });
            }
            if tokens.len() >= limits::TOKENS_MAX {
                return Err(TokensError::TooMany);
            }
            tokens.push((role, hash));
        }
        if tokens.is_empty() {
            return Err(TokensError::Empty);
        }
        Ok(Self(tokens))
    }

    /// The hash of a token, as the file holds it.
    pub fn hash(token: &str) -> [u8; 32] {
        Sha256::digest(token.as_bytes()).into()
    }

    /// What a token is for. Every known hash is compared to its end, so that the time tells nothing.
    fn role_of(&self, token: &str) -> Option<TokenRole> {
        let given = Self::hash(token);
        let mut found = None;
        for (role, known) in &self.0 {
            let differs = known.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b));
            if std::hint::black_box(differs) == 0 {
                found = Some(*role);
            }
        }
        found
    }
}

/// Who may ask this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Everybody who reaches it.
    #[default]
    Public,
    /// Whoever has a token, or a certificate that was accepted, which reads.
    Known(Tokens),
}

/// How often one address may ask.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second on average.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

/// When each address has worked off what it asked (the generic cell rate algorithm): one instant
/// for each, and none for those that have.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<IpAddr, Instant>>);

impl Rates {
    /// Counts a request; how long to wait when it is one too many.
    fn count(&self, rate: Rate, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let interval = Duration::from_secs(1) / rate.per_second.max(1);
        let allowance = interval.saturating_mul(rate.burst.max(1));
        let mut busy = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let mut key = network_of(address);
        if busy.len() >= limits::ADDRESSES_MAX && !busy.contains_key(&key) {
            busy.retain(|_, until| *until > now);
            if busy.len() >= limits::ADDRESSES_MAX {
                // As many as are remembered are busy: the rest share one rate.
                key = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            }
        }
        let until = busy.get(&key).copied().unwrap_or(now).max(now) + interval;
        let debt = until.saturating_duration_since(now);
        if debt > allowance {
            return Err(debt.saturating_sub(allowance));
        }
        busy.insert(key, until);
        Ok(())
    }
}

/// What is counted together: an IPv4 address, or an IPv6 network of 64 bits, which one machine has.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

/// Lets a request in, or says why not.
pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let peer = peer.map(|ConnectInfo(peer)| *peer);
    let admitted = app
        .count(peer)
        .and_then(|()| app.admit(peer, request.headers(), request.uri().path()));
    match admitted {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.told(request).await,
    }
}

/// Why a request is not let in, and what the answer's head says of it.
struct Refusal {
    problem: Problem,
    headers: HeaderMap,
}

impl From<Problem> for Box<Refusal> {
    fn from(problem: Problem) -> Self {
        let headers = HeaderMap::new();
        Box::new(Refusal { problem, headers })
    }
}

impl Refusal {
    /// As its asker reads it: a page for people, the problem for programs.
    async fn told(self, request: Request) -> Response {
        let (mut parts, _) = request.into_parts();
        let mut response = match wants_page(&parts.headers, parts.uri.path()) {
            true => match Visit::from_request_parts(&mut parts, &()).await {
                Ok(visit) => refusal_page(&visit, self.problem),
                Err(never) => match never {},
            },
            false => self.problem.into_response(),
        };
        response.headers_mut().extend(self.headers);
        response
    }
}

impl App {
    /// Counts a request against its address's rate; this machine's own have none.
    fn count(&self, peer: Option<Peer>) -> Result<(), Box<Refusal>> {
        let (Some(rate), Some(peer)) = (self.settings().rate, peer) else {
            return Ok(());
        };
        let address = peer.address.ip();
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        let counted = self.rates.count(rate, address, Instant::now());
        counted.map_err(|wait| too_many(rate, wait))
    }

    fn admit(
        &self,
        peer: Option<Peer>,
        headers: &HeaderMap,
        path: &str,
    ) -> Result<(), Box<Refusal>> {
        let Access::Known(tokens) = &self.settings().access else {
            return Ok(());
        };
        // The style sheet and the picture are the program's, and on the page that says how to log in.
        let is_open = path == "/livez"
            || path == "/.well-known/authzen-configuration"
            || path.starts_with("/assets/");
        if is_open {
            return Ok(());
        }
        let certified = peer.is_some_and(|peer| peer.has_certificate);
        let role = match token_in(headers) {
            Some(token) => tokens.role_of(&token),
            None => certified.then_some(TokenRole::Reader),
        };
        match role {
            Some(role) if role.may_ask(path) => Ok(()),
            Some(role) => Err(forbidden(role, path)),
            None => Err(unknown()),
        }
    }
}

/// The token that a request brings: a program's as it is (RFC 6750), a person's as the password that
/// a browser asks for (RFC 7617), under whatever name.
fn token_in(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, given) = given.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(given.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = BASE64.decode(given.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (_, token) = pair.split_once(':')?;
    Some(token.to_owned())
}

fn unknown() -> Box<Refusal> {
    let problem = ProblemKind::TokenNeeded.with_both(
        "This node answers to whom its operator gave a token. A program sends it as `Authorization: Bearer TOKEN`; in a browser it is the password, with any name",
        "本节点只应答持有运维单位所发令牌者。程序以 `Authorization: Bearer TOKEN` 发送令牌;浏览器中以令牌为密码,用户名任意",
    );
    challenging(problem, "Bearer realm=\"dirchain\"")
}

/// A refusal that asks for a token, or for another one: programs by the challenge that is given, browsers
/// by their dialog for a password.
fn challenging(problem: Problem, to_programs: &'static str) -> Box<Refusal> {
    let mut refusal = Box::<Refusal>::from(problem);
    for challenge in [
        to_programs,
        "Basic realm=\"dirchain: any name, and the token as password\", charset=\"UTF-8\"",
    ] {
        let challenge = HeaderValue::from_static(challenge);
        refusal.headers.append(header::WWW_AUTHENTICATE, challenge);
    }
    refusal
}

/// The token is known and is for something else (RFC 6750, 3.1).
fn forbidden(role: TokenRole, path: &str) -> Box<Refusal> {
    let path: String = path.chars().take(200).collect();
    let role = role.name();
    let problem = ProblemKind::TokenForbids.with_both(
        format!(
            "A token for the role {role} does not open {path}. Ask this node's operator for another"
        ),
        format!("角色为 {role} 的令牌不能打开 {path}。请向本节点运维单位申请其他令牌"),
    );
    challenging(
        problem,
        "Bearer realm=\"dirchain\", error=\"insufficient_scope\"",
    )
}

fn too_many(rate: Rate, wait: Duration) -> Box<Refusal> {
    let most = rate.per_second;
    let problem = ProblemKind::TooManyRequests.with_both(
        format!(
            "This address may ask {most} times a second. Wait, or ask the node's operator for more"
        ),
        format!("此地址每秒最多请求 {most} 次。请稍候,或请节点运维单位放宽"),
    );
    let seconds = wait.as_millis().div_ceil(1_000).max(1).to_string();
    let mut refusal = Box::<Refusal>::from(problem);
    if let Ok(seconds) = HeaderValue::from_str(&seconds) {
        refusal.headers.insert(header::RETRY_AFTER, seconds);
    }
    refusal
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn line(role: &str, token: &str) -> String {
        format!("{role} {}\n", hex::encode(Tokens::hash(token)))
    }

    #[test]
    fn tokens_are_known_by_their_hash_and_by_nothing_else() {
        let text = format!(
            "# who\n\n{}{}",
            line("reader", "one"),
            line("gateway", "two").replace('\n', " # the gateway\n")
        );
        let tokens = Tokens::parse(&text).unwrap();
        assert_eq!(tokens.role_of("one"), Some(TokenRole::Reader));
        assert_eq!(tokens.role_of("two"), Some(TokenRole::Gateway));
        for other in ["", "on", "onee", &hex::encode(Tokens::hash("one"))] {
            assert_eq!(tokens.role_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let good = line("reader", "one");
        let twice = format!("{good}{good}");
        for (text, error) in [
            ("", TokensError::Empty),
            ("# nothing\n", TokensError::Empty),
            ("reader", TokensError::Malformed { line: 1 }),
            ("\nreader abc\n", TokensError::Malformed { line: 2 }),
            (
                &good.replace("reader", "king"),
                TokensError::Malformed { line: 1 },
            ),
            (
                &good.replace('\n', " x"),
                TokensError::Malformed { line: 1 },
            ),
            (&twice, TokensError::Twice { line: 2 }),
        ] {
            assert_eq!(Tokens::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn an_empty_file_tells_how_a_line_is_made() {
        let told = TokensError::Empty.to_string();
        assert!(told.contains("sha256sum"), "{told}");
        assert!(!told.contains("dirchain "), "{told}");
    }

    #[test]
    fn an_address_has_its_burst_and_then_its_rate() {
        let rates = Rates::default();
        let rate = Rate {
            per_second: 10,
            burst: 3,
        };
        let begun = Instant::now();
        let ask = |address: &str, after_ms: u64| {
            let now = begun + Duration::from_millis(after_ms);
            rates.count(rate, address.parse().unwrap(), now)
        };
        for _ in 0..3 {
            assert!(ask("10.0.0.1", 0).is_ok());
        }
        assert_eq!(ask("10.0.0.1", 0), Err(Duration::from_millis(100)));
        assert!(ask("10.0.0.2", 0).is_ok());
        assert!(ask("10.0.0.1", 99).is_err());
        assert!(ask("10.0.0.1", 100).is_ok());
        assert!(ask("10.0.0.1", 100).is_err());
        for host in 0..3 {
            assert!(ask(&format!("2001:db8::{host}"), 0).is_ok());
        }
        assert!(ask("2001:db8::9", 0).is_err());
        assert!(ask("::ffff:10.0.0.1", 100).is_err());
    }

    #[test]
    fn the_table_of_addresses_does_not_grow_without_end() {
        let rates = Rates::default();
        let rate = Rate {
            per_second: 1,
            burst: 2,
        };
        let begun = Instant::now();
        let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n));
        let most = u32::try_from(limits::ADDRESSES_MAX).unwrap();
        for n in 0..most {
            assert!(rates.count(rate, address(n), begun).is_ok());
        }
        // All the others share one rate.
        assert!(rates.count(rate, address(most), begun).is_ok());
        assert!(rates.count(rate, address(most + 1), begun).is_ok());
        assert!(rates.count(rate, address(most + 2), begun).is_err());
        let later = begun + Duration::from_secs(10);
        assert!(rates.count(rate, address(most + 2), later).is_ok());
        assert_eq!(rates.0.lock().unwrap().len(), 1);
    }
}
