//! Importing real, changed, hostile and random catalogues.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod again;
mod dcat_ap;
mod format;
mod hostile;
mod property;
mod real;
mod sheet;

use dirchain_ledger::action::{Action, DeclareResponsibility, RegisterDepartment};
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{DepartmentId, ResourceCode, Statement};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{
    AdministrativeLevel, Entry, KeyOffer, LegalBasis, Record, RecordId, RecordKind, Resource, Role,
};
use dirchain_ledger::view::{Records, View};
use serde_json::{Value, json};

use super::*;
use crate::sample::SampleCity;
use crate::sample::tests::ledger::Ledger;
use crate::sample::tests::sample_city;

const DOL: &[u8] = include_bytes!("../../../../samples/dcat-us/dol.json");
const OPM: &[u8] = include_bytes!("../../../../samples/dcat-us/opm.json");

/// A chain on which the agency D054 is registered, with a responsibility `Z-D054-01`.
struct World {
    city: SampleCity,
    ledger: Ledger,
    agency: DepartmentId,
    head: SecretKey,
    responsibility: Option<dirchain_ledger::ids::ResponsibilityCode>,
}

impl World {
    fn new(id: &str, name: &str) -> Self {
        let city = sample_city(7);
        let mut ledger = Ledger::new(&city);
        let head = SecretKey::from_seed(&[54; 32]);
        let agency: DepartmentId = id.parse().unwrap();
        let offer = KeyOffer::new(&head, &city.genesis.chain(), &agency, Role::Head);
        let responsibility = format!("Z-{id}-01").parse().unwrap();
        let basis = LegalBasis {
            document: "44 U.S.C. 3511".parse().unwrap(),
            article: None,
        };
        let actions = vec![
            Action::RegisterDepartment(RegisterDepartment {
                id: agency.clone(),
                parent: None,
                credit_code: None,
                name: name.parse().unwrap(),
                level: AdministrativeLevel::National,
                region: "US".parse().unwrap(),
                head: Some(offer),
            }),
            Action::DeclareResponsibility(DeclareResponsibility {
                code: responsibility,
                holder: agency.clone(),
                title: "Keeps the data inventory".parse().unwrap(),
                text: None,
                legal_bases: List::new(vec![basis]).unwrap(),
            }),
        ];
        let registrar = city.keys.get(&"D001".parse().unwrap(), Role::Head).unwrap();
        ledger.commit(vec![(&registrar.secret, actions)]);
        Self {
            city,
            ledger,
            agency,
            head,
            responsibility: None,
        }
    }

    fn dol() -> Self {
        Self::new("D054", "U.S. Department of Labor")
    }

    fn records(&self, kind: RecordKind) -> Vec<Record> {
        let ids = self.ledger.state.list(kind, None, 10_000).unwrap();
        let records = ids
            .iter()
            .map(|id| self.ledger.state.record(id).unwrap().unwrap());
        records.collect()
    }

    fn existing(&self) -> Existing {
        let mut existing = Existing::default();
        for record in self.records(RecordKind::Department) {
            if let Record::Department(department) = record {
                existing.add_department(&department);
            }
        }
        for record in self.records(RecordKind::Resource) {
            if let Record::Resource(resource) = record {
                existing.add_resource(&self.agency, &resource);
            }
        }
        existing
    }

    fn plan(&self, file: &[u8]) -> Plan {
        let catalogue = dcat_us::parse(file).unwrap();
        let agency = self.ledger.state.department(&self.agency).unwrap().unwrap();
        let options = Options::new(&agency, self.responsibility.clone());
        let plan = plan(&catalogue, &self.existing(), &options).unwrap();
        let taken = plan.drafts.len() + plan.unchanged.len() + plan.refused.len();
        assert_eq!(taken, catalogue.rows.len());
        plan
    }

    fn sign(&mut self, actions: Vec<Action>) {
        for batch in batch(actions) {
            self.ledger.commit(vec![(&self.head, batch)]);
        }
    }

    fn apply(&mut self, plan: &Plan) {
        self.sign(plan.registrations());
        self.sign(plan.draft_actions());
    }

    /// Plans and applies at once.
    fn import(&mut self, file: &[u8]) -> Plan {
        let plan = self.plan(file);
        self.apply(&plan);
        plan
    }

    fn resource(&self, code: &ResourceCode) -> Resource {
        self.ledger.state.resource(code).unwrap().unwrap()
    }

    /// Writes an entry over the one that is there, as an administrator would.
    fn edit(&mut self, code: &ResourceCode, edit: impl FnOnce(&mut Entry)) {
        let resource = self.resource(code);
        let drafted = resource.draft.map(|draft| draft.entry);
        let published = resource.published.map(|published| published.entry);
        let mut entry = drafted.or(published).unwrap();
        edit(&mut entry);
        self.sign(vec![Action::DraftResource {
            code: code.clone(),
            provider: resource.provider,
            revision: resource.revision,
            entry,
        }]);
    }

    fn submit(&mut self, code: &ResourceCode) {
        let revision = self.resource(code).revision;
        let code = code.clone();
        self.sign(vec![Action::SubmitResource { code, revision }]);
    }

    fn publish(&mut self, code: &ResourceCode) {
        let revision = self.resource(code).revision;
        let steward = self
            .city
            .keys
            .get(&"D035".parse().unwrap(), Role::Head)
            .unwrap();
        let code = code.clone();
        let publish = vec![Action::PublishResource { code, revision }];
        self.ledger.commit(vec![(&steward.secret, publish)]);
    }

    /// Withdraws a published entry, with notice and the steward's consent.
    fn withdraw(&mut self, code: &ResourceCode) {
        let reason: Statement = "over".parse().unwrap();
        let measure = Measure::Withdraw {
            code: code.clone(),
            revision: self.resource(code).revision,
            reason: reason.clone(),
        };
        let measure = Box::new(measure);
        self.sign(vec![Action::Propose { measure, reason }]);
        let Some(Record::Proposal(proposal)) = self.records(RecordKind::Proposal).pop() else {
            panic!("no proposal");
        };
        self.ledger.pass_until(proposal.not_before);
        let steward = self.city.keys.get(&"D035".parse().unwrap(), Role::Head);
        let approve = Action::Approve {
            proposal: proposal.id,
            revision: proposal.revision,
        };
        self.ledger
            .commit(vec![(&steward.unwrap().secret, vec![approve])]);
    }
}

/// A catalogue of these entries.
fn file(entries: &[Value]) -> Vec<u8> {
    let conforms_to = "https://project-open-data.cio.gov/v1.1/schema";
    let catalogue = json!({"conformsTo": conforms_to, "dataset": entries});
    serde_json::to_vec(&catalogue).unwrap()
}

/// A complete entry, with these members set or, where null, removed.
fn entry(identifier: &str, members: Value) -> Value {
    let mut entry = json!({
        "identifier": identifier,
        "title": format!("Title of {identifier}"),
        "description": "What it is.",
        "accessLevel": "public",
        "accrualPeriodicity": "R/P1Y",
        "publisher": {"name": "Wage and Hour Division"},
        "distribution": [{"title": "Table", "downloadURL": "https://example.gov/t.csv"}],
    });
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            entry.as_object_mut().unwrap().remove(name);
        } else {
            entry[name] = value.clone();
        }
    }
    entry
}

/// What a single entry becomes when it is new.
fn single(members: Value) -> PlannedDraft {
    let mut plan = World::dol().plan(&file(&[entry("A-1", members)]));
    assert_eq!(plan.refused, vec![]);
    plan.drafts.remove(0)
}

fn attribute<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    let attribute = entry.attributes.iter().find(|a| a.name.as_str() == name);
    attribute.map(|attribute| attribute.value.as_str())
}
