//! Certificates for nodes and clients, and a node's configuration changed for a test.

use std::os::unix::fs::PermissionsExt as _;

use dirchain::config::Config;
use dirchain::home::Home;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

/// An authority that certifies nodes or clients.
pub struct Authority {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, key }
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate for names or addresses and its key, in PEM.
    pub fn gives(&self, names: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.certificate, &self.key);
        (certificate.unwrap().pem(), key.serialize_pem())
    }

    /// Gives a node a certificate for these addresses, and has its connections encrypted with it.
    pub fn certify(&self, home: &Home, addresses: &[&str]) {
        let (certificate, key) = self.gives(addresses);
        std::fs::write(home.dir().join("https.pem"), certificate).unwrap();
        let path = home.dir().join("https.key");
        std::fs::write(&path, key).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        configure(home, |config| {
            config.http.certificate = Some("https.pem".into());
            config.http.key = Some("https.key".into());
        });
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// Changes a node's configuration.
pub fn configure(home: &Home, change: impl FnOnce(&mut Config)) {
    let path = home.dir().join("config.toml");
    let mut config = Config::read(&path).unwrap();
    change(&mut config);
    std::fs::write(&path, config.to_text()).unwrap();
}
