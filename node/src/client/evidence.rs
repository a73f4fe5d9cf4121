//! Files and the transparency log of a node.

use dirchain_ledger::ids::{DepartmentId, Height};
use dirchain_ledger::records::RecordId;

use super::{ANSWER_TIMEOUT, At, Client, ClientError};

/// Largest file read: what a verifier takes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

fn joined<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(",")
}

impl Client {
    /// The evidence file of an entry or a department; none for other records.
    pub fn evidence(
        &self,
        subject: &RecordId,
        departments: &[DepartmentId],
        pins: &[Height],
        at: Option<&At>,
    ) -> Result<Vec<u8>, ClientError> {
        let path = match subject {
            RecordId::Resource(code) => {
                let code = code.as_str().replace('/', "%2F");
                format!("/api/v1/resources/{code}/evidence")
            }
            other => {
                let id = other.to_string();
                let id = id.strip_prefix("department ").unwrap_or(&id).to_owned();
                format!("/api/v1/departments/{id}/evidence")
            }
        };
        let mut query = Vec::new();
        if !departments.is_empty() {
            query.push(("departments", joined(departments)));
        }
        if !pins.is_empty() {
            query.push(("pins", joined(pins)));
        }
        query.extend(at.map(|at| ("at", at.to_string())));
        self.bytes(&path, &query)
    }

    /// What puts an old file under the node's end of the chain; without a file, the end itself.
    pub fn evidence_anchor(
        &self,
        file: Option<(&RecordId, Height)>,
        pins: &[Height],
        cosigned_size: Option<u64>,
    ) -> Result<Vec<u8>, ClientError> {
        let mut query = Vec::new();
        if let Some((subject, height)) = file {
            match subject {
                RecordId::Resource(code) => query.push(("resource", code.to_string())),
                RecordId::Department(id) => query.push(("department", id.to_string())),
                _ => {}
            }
            query.push(("state", height.to_string()));
        }
        if !pins.is_empty() {
            query.push(("pins", joined(pins)));
        }
        if let Some(size) = cosigned_size {
            query.push(("cosigned", size.to_string()));
        }
        self.bytes("/api/v1/evidence/anchor", &query)
    }

    /// A text of the transparency log below `/tlog/`.
    pub fn log_text(&self, path: &str) -> Result<String, ClientError> {
        let bytes = self.bytes(&format!("/tlog/{path}"), &[])?;
        String::from_utf8(bytes).map_err(|error| ClientError::Malformed {
            url: self.url().to_owned(),
            reason: error.to_string(),
        })
    }

    /// Bytes of the transparency log below `/tlog/`.
    pub fn log_bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.bytes(&format!("/tlog/{path}"), &[])
    }

    fn bytes(&self, path: &str, query: &[(&str, String)]) -> Result<Vec<u8>, ClientError> {
        let mut request = self.asking(path);
        for (key, value) in query {
            request = request.query(*key, value);
        }
        let request = request
            .config()
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .build();
        let mut response = request.call().map_err(|error| self.failed(&error))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(FILE_BYTES_MAX);
        let body = body.read_to_vec().map_err(|error| self.failed(&error))?;
        if !status.is_success() {
            return Err(self.refused(status.as_u16(), &body));
        }
        Ok(body)
    }
}
