//! One connection that is kept alive: as much of HTTP/1.1 as measuring needs, and no more.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// A connection to a node.
pub struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    /// Connects to a node at an `http` address.
    pub fn to(url: &str) -> std::io::Result<Self> {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host,
        })
    }

    /// Asks for an address: the answer's status, head and body.
    pub fn get(&mut self, path: &str) -> std::io::Result<(u16, String, Vec<u8>)> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
        self.ask(request.as_bytes())
    }

    /// Posts JSON to an address: likewise.
    pub fn post(&mut self, path: &str, json: &str) -> std::io::Result<(u16, String, Vec<u8>)> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
            self.host,
            json.len()
        );
        self.ask(request.as_bytes())
    }

    fn ask(&mut self, request: &[u8]) -> std::io::Result<(u16, String, Vec<u8>)> {
        self.stream.get_mut().write_all(request)?;
        let mut head = String::new();
        loop {
            let before = head.len();
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if &head[before..] == "\r\n" {
                break;
            }
        }
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or(std::io::ErrorKind::InvalidData)?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length = length.and_then(|text| text.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body)?;
        Ok((status, head, body))
    }
}
