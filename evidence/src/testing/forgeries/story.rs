//! The story whose file is forged.

use dirchain_ledger::action::{Action, SealReceipts};
use dirchain_ledger::bounded::List;
use dirchain_ledger::hash::{Domain, hash};
use dirchain_ledger::ids::{FieldNumber, Height, TimeMs};
use dirchain_ledger::records::{
    BatchId, BindingTerms, Column, Counted, RecordId, ResourceKind, Role, Side, UsageId, UseBasis,
};
use dirchain_ledger::testing::{
    APPLICANT, BYSTANDER, DAY_MS, Ledger, PROVIDER, STEWARD, administrator, code, grant_of, head,
    id, key, numbers, request, sharing_id,
};

use super::VALIDATORS;
use crate::export::{Request, export};
use crate::testing::{World, genesis};

/// An entry published, granted, given back, granted again and used, with a second entry beside it;
/// the validators replaced twice.
pub fn story() -> World {
    let genesis = genesis(VALIDATORS);
    let mut ledger = Ledger::new(&genesis);
    tell(&mut ledger, 0);
    World::over(genesis, ledger, VALIDATORS, &[3, 6])
}

/// The same chain, where the sixth block and all later ones came later.
pub(super) fn other_story() -> World {
    let genesis = genesis(VALIDATORS);
    let mut ledger = Ledger::new(&genesis);
    tell(&mut ledger, 1);
    World::over(genesis, ledger, VALIDATORS, &[3, 6])
}

pub(super) fn tell(ledger: &mut Ledger, late_ms: i64) {
    let first = ledger.granted(1, &[2, 4]);
    ledger.pass_ms(DAY_MS + late_ms);
    let end = Action::EndAuthorization {
        authorization: first.clone(),
        revision: 1,
        reason: id("业务终止"),
    };
    ledger.submit(&administrator(APPLICANT), vec![end]).unwrap();
    let terms = request(APPLICANT, &[2]);
    let again = ledger
        .apply_for(APPLICANT, &code(1), terms.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(again, &terms));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let refused = ledger.apply_for(BYSTANDER, &code(1), request(BYSTANDER, &[4]));
    let application = refused.unwrap();
    let review = Action::ReviewApplication {
        application: application.clone(),
        revision: 1,
    };
    let refuse = Action::Refuse {
        application,
        revision: 2,
        reason: id("无法律依据"),
    };
    for action in [review, refuse] {
        ledger
            .submit(&administrator(PROVIDER), vec![action])
            .unwrap();
    }
    let suspect = Action::SuspectKey {
        public_key: administrator(PROVIDER).public(),
        since: Height(5),
    };
    ledger.submit(&head(PROVIDER), vec![suspect]).unwrap();
    // The key that published the first entry.
    let suspect = Action::SuspectKey {
        public_key: administrator(STEWARD).public(),
        since: Height(3),
    };
    ledger.submit(&head(STEWARD), vec![suspect]).unwrap();
    ledger.published(PROVIDER, 2);
    use_it(ledger);
    ledger.pass_ms(DAY_MS);
    ledger.extend(&[]);
}

/// What is asked of the story: the first entry, and a department that nothing was granted to.
pub fn story_request() -> Request {
    Request {
        subject: RecordId::Resource(code(1)),
        departments: vec![id(BYSTANDER)],
        pins: vec![Height(2)],
    }
}

/// The good file that the forgeries were made from.
pub fn good() -> Vec<u8> {
    export(&story(), &story_request()).unwrap()
}

/// The entry's data put into service and used: by authorization, counted differently by the two
/// sides; freely; and by a department that was denied.
fn use_it(ledger: &mut Ledger) {
    let schema = hash(Domain::Text, &[b"schema"]);
    let column = |name: &str, field| Column {
        name: id(name),
        field: FieldNumber(field),
    };
    let columns = vec![column("XM", 1), column("GMSFHM", 2)];
    let terms = BindingTerms {
        version: 1,
        kind: ResourceKind::Table,
        system: id("人口库.户籍表"),
        schema,
        columns: List::new(columns).unwrap(),
        gateway: key(PROVIDER, Role::Gateway).public(),
    };
    let resource = code(1);
    let binding = sharing_id(&resource, 1);
    let propose = Action::ProposeBinding { resource, terms };
    ledger
        .submit(&administrator(PROVIDER), vec![propose])
        .unwrap();
    let report = Action::ReportSchema { binding, schema };
    ledger
        .submit(&key(PROVIDER, Role::Gateway), vec![report])
        .unwrap();
    let from = ledger.now;
    ledger.pass_ms(DAY_MS);
    let authorized = UseBasis::Authorized { number: 2 };
    let free = UseBasis::Unconditional { version: 1 };
    for (reader, basis, side, calls, fields) in [
        (APPLICANT, authorized, Side::Provider, 5, &[2u16][..]),
        (APPLICANT, authorized, Side::Consumer, 6, &[2]),
        (STEWARD, free, Side::Provider, 9, &[1]),
        (BYSTANDER, UseBasis::None, Side::Provider, 1, &[]),
    ] {
        let usage = UsageId {
            binding: sharing_id(&code(1), 1),
            reader: id(reader),
            basis,
        };
        let seal = SealReceipts {
            batch: BatchId { usage, from },
            side,
            counted: Counted {
                to: TimeMs(from.0 + 3_600_000),
                calls,
                denied: 1,
                rows: 8 * (calls - 1),
                fields: numbers(fields),
            },
            root: hash(Domain::Text, &[b"receipts"]),
        };
        let author = match side {
            Side::Provider => PROVIDER,
            Side::Consumer => reader,
        };
        let seal = Action::SealReceipts(Box::new(seal));
        ledger
            .submit(&key(author, Role::Gateway), vec![seal])
            .unwrap();
    }
}
