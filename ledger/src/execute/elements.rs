//! Data elements and their one source (C7).

use super::resources::require_revision;
use super::{Context, Refusal, end, push};
use crate::bounded::List;
use crate::ids::{ElementCode, FieldNumber, Name, ResourceCode, Statement};
use crate::language::phrase;
use crate::records::{
    DataElement, FieldType, Objection, ObjectionKind, ObjectionStage, Office, Period, Record,
    RecordId, RecordKind, Resource, Source, Trail,
};
use crate::rejection::Rejection;
use crate::view::{Records, View};

impl Context<'_, '_> {
    pub(super) fn define_element(
        &mut self,
        code: &ElementCode,
        name: &Name,
        definition: &Statement,
        field_type: FieldType,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Standards)?;
        if self.state.data_element(code)?.is_some() {
            return Err(Rejection::Taken {
                id: RecordId::DataElement(code.clone()),
            }
            .into());
        }
        self.put(Record::DataElement(DataElement {
            code: code.clone(),
            revision: 1,
            name: name.clone(),
            definition: definition.clone(),
            field_type,
            defined: self.at,
            sources: List::default(),
            retired: None,
            trail: Trail::default(),
        }))
    }

    fn lasting_element(&self, code: &ElementCode) -> Result<DataElement, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::DataElement(code.clone()),
        };
        let element = self.state.data_element(code)?.ok_or_else(unknown)?;
        match element.retired {
            Some(_) => Err(Rejection::ElementRetired { code: code.clone() }.into()),
            None => Ok(element),
        }
    }

    pub(super) fn retire_element(
        &mut self,
        code: &ElementCode,
        revision: u32,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Standards)?;
        let mut element = self.lasting_element(code)?;
        let id = RecordId::DataElement(code.clone());
        require_revision(id, revision, element.revision)?;
        element.revision = element.revision.saturating_add(1);
        element.retired = Some(self.at);
        if let Some(last) = element.sources.as_mut_slice().last_mut() {
            end(&mut last.period, self.at);
        }
        self.put(Record::DataElement(element))
    }

    /// Rule C7: the first claim makes the source; another one opens an objection to the source's
    /// entry, whose provider is heard first.
    pub(super) fn claim_source(
        &mut self,
        code: &ElementCode,
        resource: &ResourceCode,
        field: FieldNumber,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let mut element = self.lasting_element(code)?;
        let claimed = self.existing_resource(resource)?;
        self.require_acting_for(&claimed.provider)?;
        require_instance(&element, &claimed, field)?;
        let current = element
            .source()
            .map(|source| (&source.resource, source.field));
        if current == Some((resource, field)) {
            return Err(Rejection::AlreadySource {
                element: code.clone(),
                resource: resource.clone(),
                field,
            }
            .into());
        }
        if let Some((contested, _)) = current {
            let contested = self.existing_resource(contested)?;
            let kind = ObjectionKind::SourceConflict {
                element: code.clone(),
                resource: resource.clone(),
                field,
            };
            self.require_not_claimed(code, &kind)?;
            self.open_objection(contested, self.actor().clone(), kind, reason, None)?;
            self.put(Record::DataElement(element))?;
            return self.touch_resource(resource);
        }
        self.make_source(&mut element, &claimed, field)?;
        self.put(Record::DataElement(element))?;
        self.touch_resource(resource)
    }

    /// Rule C7: a claim that waits for its settlement is not made again.
    fn require_not_claimed(
        &self,
        element: &ElementCode,
        claim: &ObjectionKind,
    ) -> Result<(), Refusal> {
        let target = RecordId::DataElement(element.clone());
        let kind = RecordKind::Objection;
        self.state
            .for_each_referrer(&target, kind, |id| -> Result<(), Refusal> {
                match self.state.record(id)? {
                    Some(Record::Objection(objection))
                        if objection.kind == *claim
                            && objection.stage() != ObjectionStage::Closed =>
                    {
                        let (element, objection) = (element.clone(), objection.id);
                        Err(Rejection::ClaimWaits { element, objection }.into())
                    }
                    _ => Ok(()),
                }
            })
    }

    /// The field becomes the data element's source from now on.
    fn make_source(
        &self,
        element: &mut DataElement,
        resource: &Resource,
        field: FieldNumber,
    ) -> Result<(), Refusal> {
        element.revision = element.revision.saturating_add(1);
        if let Some(last) = element.sources.as_mut_slice().last_mut() {
            end(&mut last.period, self.at);
        }
        let source = Source {
            resource: resource.code.clone(),
            field,
            department: resource.provider.clone(),
            period: Period::since(self.at),
        };
        push(
            &mut element.sources,
            source,
            phrase!(
                "the history of a data element's sources",
                "数据元来源的历史"
            ),
        )
    }

    /// A second claim was found to be right, by the source's provider or the steward.
    pub(super) fn yield_source(&mut self, objection: &Objection) -> Result<(), Refusal> {
        let ObjectionKind::SourceConflict {
            element,
            resource,
            field,
        } = &objection.kind
        else {
            return Ok(());
        };
        let mut element = self.lasting_element(element)?;
        let claimed = self.existing_resource(resource)?;
        require_instance(&element, &claimed, *field)?;
        let source = element.source().map(|source| &source.resource);
        if source != Some(&objection.id.resource) {
            let needed = phrase!(
                "the source has moved to another entry since. Settle it as upheld, or let it be taken back, and claim anew",
                "来源已移至其他目录。请裁定为维持，或由提出方撤回后重新认领"
            );
            return Err(super::objections::wrong_stage(objection, needed));
        }
        self.make_source(&mut element, &claimed, *field)?;
        self.put(Record::DataElement(element))?;
        self.touch_resource(resource)
    }
}

/// Rule C7: a source is a field in force that the entry says is this data element, of its type.
fn require_instance(
    element: &DataElement,
    resource: &Resource,
    field: FieldNumber,
) -> Result<(), Refusal> {
    let published = super::sharing::in_force(resource)?;
    let named = published.entry.field(field);
    let is_instance = named.is_some_and(|field| {
        let names = field.data_element.as_ref();
        names.is_some_and(|code| code.as_str() == element.code.as_str())
            && field.field_type == element.field_type
    });
    if is_instance {
        return Ok(());
    }
    Err(Rejection::NotAnInstance {
        element: element.code.clone(),
        resource: resource.code.clone(),
        field,
    }
    .into())
}
