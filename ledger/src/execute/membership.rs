//! Changes of the validators and of the rules' version: what is agreed waits for an epoch (R9).

use super::{Context, Refusal, push};
use crate::epoch::{changed, planned};
use crate::ids::Height;
use crate::language::{Phrase, phrase};
use crate::limits;
use crate::records::{AgreedChange, AgreedRules, MemberChange, Record};
use crate::rejection::Rejection;
use crate::view::Records;

impl Context<'_, '_> {
    /// Notes changes as agreed. Each is possible on top of all agreed before it.
    pub(super) fn change_membership(&mut self, changes: &[MemberChange]) -> Result<(), Refusal> {
        if changes.is_empty() {
            return Err(Rejection::NoChange {}.into());
        }
        for change in changes {
            self.agree_on(change)?;
            for node in change.nodes() {
                if let Some(node) = self.state.node(node)? {
                    let department = node.department.clone();
                    self.put(Record::Node(node))?;
                    self.touch_department(&department)?;
                }
            }
        }
        Ok(())
    }

    fn agree_on(&mut self, change: &MemberChange) -> Result<(), Refusal> {
        let mut membership = self.state.membership()?;
        let members = planned(self.state, &membership)?;
        changed(self.state, &members, change)?;
        let before_it_entered = match change {
            MemberChange::Remove { node } if !membership.votes(node) => {
                let mut agreed = membership.agreed.iter();
                agreed.position(|agreed| matches!(&agreed.change, MemberChange::Add { node: added, .. } if added == node))
            }
            MemberChange::Add { .. }
            | MemberChange::Remove { .. }
            | MemberChange::Replace { .. }
            | MemberChange::Rotate { .. } => None,
        };
        match before_it_entered {
            // It never began to vote: that it should is taken back.
            Some(place) => {
                let mut agreed = membership.agreed.into_vec();
                agreed.remove(place);
                membership.agreed = crate::bounded::List::new(agreed).unwrap_or_default();
            }
            None => {
                let agreed = AgreedChange {
                    change: change.clone(),
                    since: self.at,
                };
                let what = phrase!(
                    "the number of agreed changes that wait for an epoch",
                    "等待纪元生效的已同意变更数量"
                );
                push(&mut membership.agreed, agreed, what)?;
            }
        }
        self.put(Record::Membership(membership))
    }

    /// Notes the next version of the rules as agreed.
    pub(super) fn raise_rules(&mut self, version: u32, from: Height) -> Result<(), Refusal> {
        let mut parameters = self.state.parameters()?;
        let bad = |what: Phrase| Err(Rejection::BadRules { what }.into());
        let next = parameters.settings.rules_version.saturating_add(1);
        if version != next {
            return bad(
                phrase!(format "the next version of the rules is {next}", "规则的下一个版本是 {next}"),
            );
        }
        if from <= self.at.height {
            let height = self.at.height;
            return bad(
                phrase!(format "height {from} is over: this is block {height}", "高度 {from} 已过：当前为区块 {height}"),
            );
        }
        if parameters.earlier.len() >= limits::SETTINGS_CHANGES_MAX {
            return Err(super::full(
                phrase!("the number of changes of the settings", "参数修改的次数"),
                limits::SETTINGS_CHANGES_MAX,
            ));
        }
        parameters.next_rules = Some(AgreedRules { version, from });
        parameters.revision = parameters.revision.saturating_add(1);
        self.put(Record::Parameters(parameters))
    }
}
