//! The whole catalogue as a graph, as it arrives.

use std::io::Read;

use super::{ANSWER_BYTES_MAX, ANSWER_TIMEOUT, At, Client, ClientError};

/// How the catalogue's graph is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Turtle.
    Turtle,
    /// JSON-LD.
    JsonLd,
}

impl Client {
    /// The catalogue in DCAT-AP 3 with ODRL policies, now or at a point of the chain. A transfer
    /// that the node breaks off ends with an error, never as if it were whole.
    pub fn catalogue(
        &self,
        notation: Notation,
        at: Option<At>,
    ) -> Result<impl Read + use<>, ClientError> {
        let path = match notation {
            Notation::Turtle => "/api/v1/catalogue.ttl",
            Notation::JsonLd => "/api/v1/catalogue.jsonld",
        };
        let mut request = self.asking(path);
        if let Some(at) = at {
            request = request.query("at", at.to_string());
        }
        let request = request
            .config()
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            // A catalogue may be of any size: as long as it goes on, it is waited for.
            .timeout_recv_body(None)
            .build();
        let mut response = request.call().map_err(|error| self.failed(&error))?;
        let status = response.status();
        if !status.is_success() {
            let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
            let body = body.read_to_vec().map_err(|error| self.failed(&error))?;
            return Err(self.refused(status.as_u16(), &body));
        }
        Ok(response.into_body().into_reader())
    }
}
