//! Random steps of a small city. A step mostly does what would come next for a resource, by whom
//! it belongs to; sometimes by somebody else, or on another revision.

use dirchain_ledger::action::{Action, DeclareResponsibility, Grant, RegisterDepartment};
use dirchain_ledger::bounded::List;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::ids::{Height, ResourceCode, TimeMs};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::{
    AdministrativeLevel, Entry, KeyOffer, Request, Resource, ResourceStatus, Role, Sharing,
};
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;
use dirchain_ledger::view::Records;
use proptest::prelude::*;

pub(crate) const CODES: u32 = 3;
/// Kinds of steps.
const KINDS: u8 = 114;
/// Who provides and applies.
pub(crate) const PARTIES: [&str; 6] = [
    PROVIDER,
    SUB_UNIT,
    STEWARD,
    APPLICANT,
    APPLICANT_UNIT,
    BYSTANDER,
];

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kind: u8,
    pub(crate) resource: u32,
    pub(crate) party: usize,
    pub(crate) variant: u8,
    pub(crate) is_odd: bool,
    wait: u8,
    pub(crate) ends_block: bool,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    (
        0..KINDS,
        1..=CODES,
        0..PARTIES.len(),
        any::<u8>(),
        prop::bool::weighted(0.12),
        0u8..20,
        prop::bool::weighted(0.7),
    )
        .prop_map(
            |(kind, resource, party, variant, is_odd, wait, ends_block)| Step {
                kind,
                resource,
                party,
                variant,
                is_odd,
                wait,
                ends_block,
            },
        )
}

fn publisher_of(provider: &str) -> &'static str {
    match provider == STEWARD {
        true => DEPUTY,
        false => STEWARD,
    }
}

impl Step {
    /// How long nothing happens before the step's block, which makes expire what waits for it, and
    /// after it.
    pub(crate) fn waits_ms(&self) -> (i64, i64) {
        match self.wait {
            0 => (0, 10 * DAY_MS),
            1..=3 => (0, DAY_MS),
            4 if self.variant.is_multiple_of(4) => (DAY_MS, 0),
            _ => (0, 0),
        }
    }

    /// The step as a transaction on top of the ledger as it stands.
    pub(crate) fn sign(&self, ledger: &Ledger) -> VerifiedTransaction {
        let (author, mut actions) = self.choose(ledger);
        if self.variant % 16 == 7 {
            // Two actions in one transaction; the second often fails, and with it the first.
            let other = Step {
                kind: self.kind.wrapping_add(self.variant) % KINDS,
                variant: self.variant.wrapping_mul(3),
                ..self.clone()
            };
            actions.extend(other.choose(ledger).1);
        }
        let author = if self.is_odd && self.variant.is_multiple_of(2) {
            key(PARTIES[self.party], ROLES[usize::from(self.variant) % 3])
        } else {
            author
        };
        ledger.sign(&author, actions)
    }

    /// Who provides the step's resource; who will draft it, as long as nobody did.
    pub(crate) fn provider(&self, ledger: &Ledger) -> String {
        let resource = ledger.state.resource(&code(self.resource)).unwrap();
        let provider = resource.map(|resource| resource.provider.to_string());
        provider.unwrap_or_else(|| PARTIES[self.resource as usize - 1].to_owned())
    }

    /// Who signs for a department by now.
    pub(crate) fn acting(
        ledger: &Ledger,
        department: &dirchain_ledger::ids::DepartmentId,
    ) -> SecretKey {
        let living = dirchain_ledger::execute::living(&ledger.state, department, ledger.now);
        administrator(signer_of(living.unwrap().as_str()))
    }

    pub(crate) fn off_by(&self, revision: u32) -> u32 {
        revision + u32::from(self.is_odd && self.variant % 2 == 1)
    }

    fn choose(&self, ledger: &Ledger) -> (SecretKey, Vec<Action>) {
        let code = code(self.resource);
        let resource = ledger.state.resource(&code).unwrap();
        let (author, action) = match self.kind {
            0..=23 | 99..=113 => self.next_for(ledger, &code, resource.as_ref()),
            24..=26 => self.draft(ledger, &code, resource.as_ref()),
            27..=33 => self.around(ledger, &code, resource.as_ref()),
            40..=53 => self.of_use(ledger, &code),
            54..=71 => self.of_cases(ledger, &code),
            72..=85 => self.of_measures(ledger, &code),
            86..=91 => self.of_holders(ledger, &code, resource.as_ref()),
            92..=98 => self.of_nodes(ledger),
            _ => self.of_the_city(ledger),
        };
        (author, vec![action])
    }

    /// What would come next in the life of a resource.
    pub(crate) fn next_for(
        &self,
        ledger: &Ledger,
        code: &ResourceCode,
        resource: Option<&Resource>,
    ) -> (SecretKey, Action) {
        let Some(resource) = resource else {
            return self.draft(ledger, code, None);
        };
        let (code, revision) = (code.clone(), self.off_by(resource.revision));
        let provider = &self.provider(ledger);
        let publisher = publisher_of(provider);
        let is_submitted = resource.draft.as_ref().is_some_and(|draft| {
            matches!(
                draft.status,
                dirchain_ledger::records::DraftStatus::Submitted { .. }
            )
        });
        if is_submitted && resource.withdrawn.is_none() {
            if self.variant % 8 == 6 {
                let reason = id("理由");
                let action = Action::ReturnResource {
                    code,
                    revision,
                    reason,
                };
                return (head(publisher), action);
            }
            if self.variant % 8 == 5 && resource.published.is_some() {
                let measure = Box::new(Measure::Narrow { code, revision });
                let reason = id("理由");
                return (head(provider), Action::Propose { measure, reason });
            }
            return (head(publisher), Action::PublishResource { code, revision });
        }
        match resource.status() {
            ResourceStatus::Draft | ResourceStatus::Returned => {
                (head(provider), Action::SubmitResource { code, revision })
            }
            ResourceStatus::Published if resource.draft.is_some() && self.variant < 60 => {
                (head(provider), Action::SubmitResource { code, revision })
            }
            ResourceStatus::Published | ResourceStatus::Submitted | ResourceStatus::Withdrawn => {
                self.application_or_grant(ledger, resource)
            }
        }
    }

    fn application_or_grant(&self, ledger: &Ledger, resource: &Resource) -> (SecretKey, Action) {
        let open = (1..=resource.applications).rev().find_map(|number| {
            let id = sharing_id(&resource.code, number);
            let application = ledger.state.application(&id).unwrap()?;
            application.status.is_open().then_some(application)
        });
        match open {
            Some(application) if !self.variant.is_multiple_of(4) => {
                let mut terms = grant_of(application.id.clone(), &application.request);
                terms.revision = self.off_by(application.revision);
                if self.variant % 8 == 1 {
                    terms.fields = numbers(&[2]);
                }
                (administrator(&self.provider(ledger)), Action::Grant(terms))
            }
            Some(_) | None => self.apply(ledger, &resource.code, resource),
        }
    }

    fn apply(
        &self,
        ledger: &Ledger,
        code: &ResourceCode,
        resource: &Resource,
    ) -> (SecretKey, Action) {
        let applicant = PARTIES[self.party];
        let fields = [&[2][..], &[4], &[2, 4], &[1, 2], &[2, 3]][usize::from(self.variant) % 5];
        let now = ledger.now.0;
        let from = now + i64::from(self.variant % 3) * DAY_MS;
        let days = [2, 10, 60, 200][usize::from(self.variant) % 4];
        let version = resource.published.as_ref().map_or(1, |p| p.version);
        let request = Request {
            version: self.off_by(version),
            responsibility: responsibility(root_of(applicant)),
            purpose: id(PURPOSES[usize::from(self.variant / 2) % 2]),
            from: TimeMs(from),
            to: TimeMs(from + days * DAY_MS),
            ..request(APPLICANT, fields)
        };
        let action = Action::Apply {
            resource: code.clone(),
            applicant: id(applicant),
            request,
        };
        (administrator(applicant), action)
    }

    fn draft(
        &self,
        ledger: &Ledger,
        code: &ResourceCode,
        resource: Option<&Resource>,
    ) -> (SecretKey, Action) {
        let provider = &self.provider(ledger);
        let action = Action::DraftResource {
            code: code.clone(),
            provider: id(provider),
            revision: self.off_by(resource.map_or(0, |resource| resource.revision)),
            entry: self.entry(provider),
        };
        (administrator(provider), action)
    }

    fn entry(&self, provider: &str) -> Entry {
        let mut entry = entry(&responsibility(root_of(provider)));
        let mut fields = entry.fields.into_vec();
        fields[1].data_element = Some(id("DE1"));
        entry.fields = List::new(fields).unwrap();
        match self.variant % 8 {
            0 => entry.level = None,
            1 => entry.sharing = Some(Sharing::Unconditional),
            2 => entry.responsibility = Some(responsibility(BYSTANDER)),
            3 => {
                let mut fields = entry.fields.into_vec();
                fields.push(field(u16::from(self.variant), None));
                entry.fields = List::new(fields).unwrap();
            }
            _ => {}
        }
        entry
    }

    /// Less usual things that happen to a resource.
    fn around(
        &self,
        ledger: &Ledger,
        code: &ResourceCode,
        resource: Option<&Resource>,
    ) -> (SecretKey, Action) {
        let provider = &self.provider(ledger);
        let revision = self.off_by(ledger.revision(code));
        let count = resource.map_or(0, |resource| resource.applications).max(1);
        let any = sharing_id(code, u32::from(self.variant) % count + 1);
        // Grants are rare: whoever ends one looks for it among all entries.
        let active = (1..=CODES).find_map(|other| {
            let other = dirchain_ledger::testing::code((self.resource + other) % CODES + 1);
            let count = ledger.state.resource(&other).unwrap()?.applications;
            (1..=count)
                .rev()
                .map(|number| sharing_id(&other, number))
                .find(|id| {
                    let authorization = ledger.state.authorization(id).unwrap();
                    authorization.is_some_and(|a| a.is_active_at(ledger.tip.height))
                })
        });
        let is_published = resource.is_some_and(|resource| resource.published.is_some());
        let is_end = (29..=31).contains(&self.kind);
        let application = active.filter(|_| is_end).unwrap_or(any);
        let stored = ledger.state.application(&application).unwrap();
        let applicant = stored.map_or(APPLICANT.to_owned(), |a| a.applicant.to_string());
        let reason = id("理由");
        let code = code.clone();
        match self.kind {
            27 => {
                let stored = ledger.state.application(&application).unwrap();
                let revision = self.off_by(stored.map_or(1, |a| a.revision));
                (
                    administrator(provider),
                    Action::Refuse {
                        application,
                        revision,
                        reason,
                    },
                )
            }
            28 => {
                let revision = self.off_by(1);
                let action = Action::TakeBackApplication {
                    application,
                    revision,
                };
                (administrator(&applicant), action)
            }
            29..=31 => {
                let stored = ledger.state.authorization(&application).unwrap();
                let action = Action::EndAuthorization {
                    authorization: application,
                    revision: self.off_by(stored.map_or(1, |a| a.revision)),
                    reason,
                };
                (administrator(signer_of(&applicant)), action)
            }
            32 if self.variant.is_multiple_of(12) || !is_published => {
                let action = Action::WithdrawResource {
                    code,
                    revision,
                    reason,
                };
                (head(provider), action)
            }
            _ => self.grant_once_more(provider, application),
        }
    }

    fn grant_once_more(
        &self,
        provider: &str,
        application: dirchain_ledger::ids::SharingId,
    ) -> (SecretKey, Action) {
        let terms = Grant {
            fields: numbers(&[2, 4]),
            ..grant_of(application, &request(APPLICANT, &[2]))
        };
        (head(provider), Action::Grant(terms))
    }

    /// What happens to departments, keys, responsibilities and nodes.
    fn of_the_city(&self, ledger: &Ledger) -> (SecretKey, Action) {
        let party = PARTIES[self.party];
        let label = format!("random {}", self.variant % 8);
        match self.variant % 7 {
            0 if self.variant.is_multiple_of(3) => {
                let code = responsibility(root_of(party));
                let duty = ledger.state.responsibility(&code).unwrap().unwrap();
                let action = Action::AbolishResponsibility {
                    code,
                    revision: self.off_by(duty.revision),
                    reason: id("职责取消"),
                };
                (head(REGISTRAR), action)
            }
            1 | 2 => {
                let back = u64::from(self.variant) % 16;
                let action = Action::SuspectKey {
                    public_key: administrator(party).public(),
                    since: Height(ledger.tip.height.0.saturating_sub(back)),
                };
                (head(party), action)
            }
            3 => {
                let parent = root_of(party);
                let unit = RegisterDepartment {
                    id: id(&format!("{parent}.{}", 5 + self.variant % 3)),
                    parent: Some(id(parent)),
                    credit_code: None,
                    name: id("内设机构"),
                    level: AdministrativeLevel::City,
                    region: id("110000"),
                    head: None,
                };
                (head(parent), Action::RegisterDepartment(unit))
            }
            4 => {
                let department = id(party);
                let secret = labelled_key(&label);
                let offer = KeyOffer::new(&secret, &ledger.chain, &department, Role::Gateway);
                (head(party), Action::RegisterKey { department, offer })
            }
            0 | 5 => {
                let code = id(&format!("Z-{party}-{}", self.variant));
                let declare = DeclareResponsibility {
                    code,
                    holder: id(party),
                    title: id("新职责"),
                    text: None,
                    legal_bases: List::default(),
                };
                (head(REGISTRAR), Action::DeclareResponsibility(declare))
            }
            _ if self.variant % 4 == 2 => {
                let public_key = key(party, Role::Gateway).public();
                (head(party), Action::RevokeKey { public_key })
            }
            _ => {
                let name = format!("{party}-{}", self.variant + 2);
                let node = registration(&ledger.chain, &name, party);
                (key(party, Role::Operator), Action::RegisterNode(node))
            }
        }
    }
}
