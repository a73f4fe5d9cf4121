//! Bindings: stated by the provider, confirmed and watched by their gateway (C2, C8).

use std::collections::BTreeSet;

use super::resources::{require_revision, require_version};
use super::{Context, Refusal, full, hold_of, push};
use crate::bounded::List;
use crate::hash::Hash;
use crate::ids::{FieldNumber, Height, ResourceCode, SharingId};
use crate::language::{Phrase, phrase};
use crate::limits;
use crate::records::{
    Binding, BindingChange, BindingSince, BindingState, BindingTerms, Entry, Record, RecordId,
    RecordKind, Resource, Role,
};
use crate::rejection::Rejection;
use crate::view::{Records, View, ViewError};

impl Context<'_, '_> {
    pub(super) fn existing_binding(&self, id: &SharingId) -> Result<Binding, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::Binding(id.clone()),
        };
        Ok(self.state.binding(id)?.ok_or_else(unknown)?)
    }

    pub(super) fn propose_binding(
        &mut self,
        code: &ResourceCode,
        terms: &BindingTerms,
    ) -> Result<(), Refusal> {
        let mut resource = self.existing_resource(code)?;
        self.require_acting_for(&resource.provider)?;
        self.require_terms(&resource, terms)?;
        let count = usize::try_from(resource.bindings).unwrap_or(usize::MAX);
        if count >= limits::BINDINGS_MAX {
            return Err(full(
                phrase!("the number of bindings of an entry", "一个目录的挂接数量"),
                limits::BINDINGS_MAX,
            ));
        }
        resource.bindings = resource.bindings.saturating_add(1);
        let id = SharingId {
            resource: code.clone(),
            number: resource.bindings,
        };
        self.put(Record::Resource(Box::new(resource)))?;
        let mut binding = Binding {
            id,
            revision: 1,
            terms: terms.clone(),
            states: List::default(),
            served: List::default(),
            seen: None,
            decision: self.decision(None),
        };
        self.serve(&mut binding)?;
        self.enter(&mut binding, BindingState::Proposed, None)?;
        self.put(Record::Binding(binding))
    }

    /// Rule C2: a published version, every column with a field of it, and a gateway that seals.
    fn require_terms(&self, resource: &Resource, terms: &BindingTerms) -> Result<(), Refusal> {
        let published = super::sharing::in_force(resource)?;
        require_version(&resource.code, terms.version, published.version)?;
        require_columns(&resource.code, &published.entry, terms)?;
        if has_gateway(self.state, terms, self.at.height)? {
            return Ok(());
        }
        let key = terms.gateway;
        Err(Rejection::BadGateway { key }.into())
    }

    /// Keeps which fields a binding serves by its terms from now on.
    fn serve(&self, binding: &mut Binding) -> Result<(), Refusal> {
        let columns = binding.terms.columns.iter();
        let fields = columns.map(|column| column.field).collect();
        let what = phrase!("the history of a binding's columns", "挂接列的历史");
        hold_of(&mut binding.served, fields, self.at, what)
    }

    fn enter(
        &self,
        binding: &mut Binding,
        state: BindingState,
        seen: Option<Hash>,
    ) -> Result<(), Refusal> {
        let since = BindingSince {
            state,
            since: self.at,
            seen,
        };
        push(
            &mut binding.states,
            since,
            phrase!("the history of a binding's states", "挂接状态的历史"),
        )
    }

    /// A binding that the author may change, at the revision it was looked at.
    fn own_binding(&self, id: &SharingId, revision: u32) -> Result<(Binding, Resource), Refusal> {
        let binding = self.existing_binding(id)?;
        let resource = self.existing_resource(&id.resource)?;
        self.require_acting_for(&resource.provider)?;
        require_revision(RecordId::Binding(id.clone()), revision, binding.revision)?;
        Ok((binding, resource))
    }

    /// Writes a changed binding: one revision more, and this action on its resource's trail.
    fn put_binding(&mut self, mut binding: Binding) -> Result<(), Refusal> {
        binding.revision = binding.revision.saturating_add(1);
        let code = binding.id.resource.clone();
        self.put(Record::Binding(binding))?;
        self.touch_resource(&code)
    }

    pub(super) fn amend_binding(
        &mut self,
        id: &SharingId,
        revision: u32,
        terms: &BindingTerms,
    ) -> Result<(), Refusal> {
        let (mut binding, resource) = self.own_binding(id, revision)?;
        let state = binding.state();
        if state == BindingState::Retired {
            return Err(wrong_state(
                &binding,
                phrase!("a retired one stays retired", "已停用的挂接不能恢复"),
            ));
        }
        self.require_terms(&resource, terms)?;
        binding.terms = terms.clone();
        self.serve(&mut binding)?;
        binding.decision = self.decision(None);
        if state != BindingState::Suspended {
            self.enter(&mut binding, BindingState::Proposed, None)?;
        }
        self.put_binding(binding)
    }

    pub(super) fn change_binding(
        &mut self,
        id: &SharingId,
        revision: u32,
        change: BindingChange,
    ) -> Result<(), Refusal> {
        let (mut binding, _) = self.own_binding(id, revision)?;
        let state = binding.state();
        let to = match (change, state) {
            (_, BindingState::Retired) => Err(phrase!(
                "a retired one stays retired",
                "已停用的挂接不能恢复"
            )),
            (BindingChange::Retire, _) => Ok(BindingState::Retired),
            (BindingChange::Suspend, BindingState::Suspended) => {
                Err(phrase!("it is suspended already", "已处于暂停状态"))
            }
            (BindingChange::Suspend, _) => Ok(BindingState::Suspended),
            (BindingChange::Resume, BindingState::Suspended) => Ok(BindingState::Proposed),
            (BindingChange::Resume, _) => Err(phrase!(
                "only a suspended one is resumed",
                "只有已暂停的挂接才能恢复"
            )),
        };
        let to = to.map_err(|needed| wrong_state(&binding, needed))?;
        self.enter(&mut binding, to, None)?;
        self.put_binding(binding)
    }

    /// Rule C8: what the gateway sees decides whether the binding is live or drifted.
    pub(super) fn report_schema(&mut self, id: &SharingId, schema: &Hash) -> Result<(), Refusal> {
        let mut binding = self.existing_binding(id)?;
        if self.author.public_key != binding.terms.gateway {
            return Err(Rejection::NotGateway {
                key: self.author.public_key,
                binding: id.clone(),
            }
            .into());
        }
        let fits = *schema == binding.terms.schema;
        let to = match (binding.state(), fits) {
            (BindingState::Proposed | BindingState::Drifted, true) => BindingState::Live,
            (BindingState::Live, false) => BindingState::Drifted,
            (BindingState::Drifted, false) => {
                return Err(wrong_state(
                    &binding,
                    phrase!("it is known to differ", "已知其结构不一致"),
                ));
            }
            (BindingState::Live, true) => {
                // The data is there still: what keeps an entry from counting as stale.
                binding.seen = Some(self.at);
                return self.put_binding(binding);
            }
            (BindingState::Proposed, false) => {
                return Err(Rejection::SchemaDiffers {
                    binding: id.clone(),
                    stated: binding.terms.schema,
                    seen: *schema,
                }
                .into());
            }
            (BindingState::Suspended | BindingState::Retired, _) => {
                return Err(wrong_state(
                    &binding,
                    phrase!(
                        "its provider took it out of service",
                        "提供方已将其停止服务"
                    ),
                ));
            }
        };
        if to == BindingState::Live {
            binding.seen = Some(self.at);
            let resource = self.existing_resource(&id.resource)?;
            super::sharing::in_force(&resource)?;
        }
        self.enter(&mut binding, to, Some(*schema))?;
        self.put_binding(binding)
    }

    /// Rule C8: no new grant of a field that a drifted binding serves.
    pub(super) fn require_not_drifted(
        &self,
        code: &ResourceCode,
        fields: &[FieldNumber],
    ) -> Result<(), Refusal> {
        let target = RecordId::Resource(code.clone());
        let kind = RecordKind::Binding;
        self.state
            .for_each_referrer(&target, kind, |id| -> Result<(), Refusal> {
                let Some(Record::Binding(binding)) = self.state.record(id)? else {
                    return Ok(());
                };
                let mut columns = binding.terms.columns.iter();
                let served = columns.find(|column| fields.contains(&column.field));
                match served {
                    Some(column) if binding.is_drifted() => Err(Rejection::Drifted {
                        field: column.field,
                        binding: binding.id.clone(),
                    }
                    .into()),
                    Some(_) | None => Ok(()),
                }
            })
    }
}

/// Whether the gateway that terms name can report and seal after the block at `height`: its key is a valid one of
/// a gateway, of a department that is active.
pub(crate) fn has_gateway(
    view: &dyn View,
    terms: &BindingTerms,
    height: Height,
) -> Result<bool, ViewError> {
    let key = view.key(&terms.gateway)?;
    let Some(key) = key.filter(|key| key.role == Role::Gateway && key.valid.to.is_none()) else {
        return Ok(false);
    };
    let department = view.department(&key.department)?;
    Ok(department.is_some_and(|department| department.is_active_at(height)))
}

fn wrong_state(binding: &Binding, needed: Phrase) -> Refusal {
    Rejection::BindingState {
        binding: binding.id.clone(),
        state: binding.state(),
        needed,
    }
    .into()
}

/// Rule C2: at least one column, each once, each for a field of the entry, by ascending field.
fn require_columns(
    code: &ResourceCode,
    entry: &Entry,
    terms: &BindingTerms,
) -> Result<(), Refusal> {
    let bad = |column: Option<&str>| {
        Err(Rejection::BadColumn {
            code: code.clone(),
            column: column.map(str::to_owned),
        }
        .into())
    };
    if terms.columns.is_empty() {
        return bad(None);
    }
    let mut names = BTreeSet::new();
    let mut last = FieldNumber(0);
    for column in &terms.columns {
        let is_known = entry.field(column.field).is_some();
        if !is_known || column.field <= last || !names.insert(column.name.as_str()) {
            return bad(Some(&column.name));
        }
        last = column.field;
    }
    Ok(())
}
