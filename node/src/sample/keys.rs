//! The keys of the city's people, derived from one seed.

use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::Role;

/// What BLAKE3 derives the keys for; part of every sample key.
const CONTEXT: &str = "dirchain/v1/sample-city 2025-08 keys of people";

/// One person's key.
#[derive(Clone, Debug)]
pub struct SampleKey {
    /// Whose it is.
    pub department: DepartmentId,
    /// What it may do.
    pub role: Role,
    /// The secret half. Anybody who knows the seed knows it too: for demos and tests only.
    pub secret: SecretKey,
}

impl SampleKey {
    /// The key's name, from which it is derived: `head D024`.
    pub fn name(&self) -> String {
        name(&self.department, self.role)
    }
}

fn name(department: &DepartmentId, role: Role) -> String {
    let role = match role {
        Role::Head => "head",
        Role::Administrator => "administrator",
        Role::Operator => "operator",
        Role::Gateway => "gateway",
        Role::Inspector => "inspector",
    };
    format!("{role} {department}")
}

/// Every key of the city, by department and role.
#[derive(Clone, Debug, Default)]
pub struct SampleKeys(Vec<SampleKey>);

impl SampleKeys {
    /// Adds the key of this name: `BLAKE3 derive_key(context, seed ‖ name)`.
    pub(super) fn derive(&mut self, seed: &[u8; 32], department: &DepartmentId, role: Role) {
        let mut material = seed.to_vec();
        material.extend_from_slice(name(department, role).as_bytes());
        self.0.push(SampleKey {
            department: department.clone(),
            role,
            secret: SecretKey::from_seed(&blake3::derive_key(CONTEXT, &material)),
        });
    }

    /// The key with which a department signs in a role.
    pub fn get(&self, department: &DepartmentId, role: Role) -> Option<&SampleKey> {
        let mut keys = self.0.iter();
        keys.find(|key| key.department == *department && key.role == role)
    }

    /// Every key, departments in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &SampleKey> {
        self.0.iter()
    }
}
